import { commitByCli, missing, nothingSent, refsUnmoved, tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The value comes from a variable that nobody set',
  whatHappens: 'A script writes --set "main/values.yaml:.front.imageTag=$TAG", and TAG is not set.',
  whatTheUserSees: 'USAGE',
  exitCode: 2,
  guarantees: [tells('how to set an empty text on purpose', '=""'), nothingSent, refsUnmoved],
  missing,
  cause: () => commitByCli({ set: ['main/values.yaml:.front.imageTag='] }),
});
