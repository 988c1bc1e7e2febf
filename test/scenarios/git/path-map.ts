import { commitByCli, missing, nothingSent, refsUnmoved } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The path leads to a map',
  whatHappens: 'There is more than one value below it.',
  whatTheUserSees: 'PATH_NOT_A_SCALAR',
  exitCode: 6,
  guarantees: [nothingSent, refsUnmoved],
  missing,
  cause: () => commitByCli({ set: ['main/values.yaml:.front=b'] }),
});
