import { commitByCli, missing, nothingSent, refsUnmoved } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The file is too large',
  whatHappens: 'It has more than a mebibyte.',
  whatTheUserSees: 'FILE_TOO_LARGE',
  exitCode: 6,
  guarantees: [nothingSent, refsUnmoved],
  missing,
  cause: () => commitByCli({ repo: { files: { 'main/values.yaml': Buffer.alloc(1_048_577, 'a: b\n') } } }),
});
