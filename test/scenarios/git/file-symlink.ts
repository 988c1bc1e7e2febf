import { commitByCli, missing, nothingSent, refsUnmoved } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The file is a symbolic link',
  whatHappens: 'Writing to it would replace the link.',
  whatTheUserSees: 'FILE_IS_SYMLINK',
  exitCode: 6,
  guarantees: [nothingSent, refsUnmoved],
  missing,
  cause: () => commitByCli({ repo: { files: { 'main/values.yaml': { mode: '120000', content: '../other.yaml' } } } }),
});
