import { commitByCli, missing, nothingSent, refsUnmoved } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The file is binary',
  whatHappens: 'It has bytes that are no text.',
  whatTheUserSees: 'FILE_BINARY',
  exitCode: 6,
  guarantees: [nothingSent, refsUnmoved],
  missing,
  cause: () => commitByCli({ repo: { files: { 'main/values.yaml': Buffer.from([0, 1, 2, 255]) } } }),
});
