import { commitByCli, missing, nothingSent, refsUnmoved, tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The path is missing in the file',
  whatHappens: 'The file has no such key.',
  whatTheUserSees: 'CONFIG_PATH_MISSING',
  exitCode: 6,
  guarantees: [tells('the nearest path is named', '.front.imageTag'), nothingSent, refsUnmoved],
  missing,
  cause: () => commitByCli({ set: ['main/values.yaml:.front.imagTag=b'] }),
});
