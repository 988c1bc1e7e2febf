import { commitByCli, missing, nothingSent, refsUnmoved, tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The file is broken YAML',
  whatHappens: 'Somebody left a mistake in it.',
  whatTheUserSees: 'FILE_SYNTAX_INVALID',
  exitCode: 6,
  guarantees: [tells('the line of the mistake is named', 'values.yaml:2:'), nothingSent, refsUnmoved],
  missing,
  cause: () => commitByCli({ repo: { files: { 'main/values.yaml': 'front: [a\nimageTag: b\n' } } }),
});
