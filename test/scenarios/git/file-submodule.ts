import { commitByCli, missing, nothingSent, refsUnmoved } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'A submodule is on the way',
  whatHappens: 'The folder belongs to another repository.',
  whatTheUserSees: 'FILE_IS_SUBMODULE',
  exitCode: 6,
  guarantees: [nothingSent, refsUnmoved],
  missing,
  cause: () => commitByCli({ repo: { files: { main: { mode: '160000', content: '1'.repeat(40) } } } }),
});
