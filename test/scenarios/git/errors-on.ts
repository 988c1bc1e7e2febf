import { commitHere, missing, nothingSent, refsUnmoved } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The host answers 500 and nothing else',
  whatHappens: 'Every request gets 500.',
  whatTheUserSees: 'GIT_SERVER_ERROR',
  exitCode: 6,
  guarantees: [nothingSent, refsUnmoved],
  missing,
  cause: () => commitHere({ fault: () => ({ is: 'answer', status: 500 }) }),
});
