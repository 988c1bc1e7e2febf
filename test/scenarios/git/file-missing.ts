import { commitByCli, missing, nothingSent, refsUnmoved, tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The file is missing',
  whatHappens: 'The config repo has no file of that name.',
  whatTheUserSees: 'FILE_NOT_FOUND',
  exitCode: 6,
  guarantees: [tells('the nearest file is named', 'values.yaml'), nothingSent, refsUnmoved],
  missing,
  cause: () => commitByCli({ set: ['main/value.yaml:.front.imageTag=b'] }),
});
