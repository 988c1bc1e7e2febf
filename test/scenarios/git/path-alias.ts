import { commitByCli, missing, nothingSent, refsUnmoved, tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The path leads to an alias',
  whatHappens: 'The value stands elsewhere in the file, under an anchor, and others share it.',
  whatTheUserSees: 'PATH_IS_ALIAS',
  exitCode: 6,
  guarantees: [tells('the place of the anchor is named', 'values.yaml:1:'), nothingSent, refsUnmoved],
  missing,
  cause: () =>
    commitByCli({
      repo: { files: { 'main/values.yaml': 'tag: &tag a\nfront: {imageTag: *tag}\n' } },
    }),
});
