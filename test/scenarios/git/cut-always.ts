import { commitHere, missing, nothingSent, refsUnmoved } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The connection is cut in every answer',
  whatHappens: 'Each answer ends after 30 bytes.',
  whatTheUserSees: 'GIT_CUT',
  exitCode: 6,
  guarantees: [nothingSent, refsUnmoved],
  missing,
  cause: () => commitHere({ fault: () => ({ is: 'cut', bytes: 30 }) }),
});
