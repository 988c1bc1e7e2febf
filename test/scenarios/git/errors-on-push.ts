import { isPush } from '../../commit/landing.ts';
import { commitHere, missing, queueEmpty, refsUnmoved, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The host fails at the push alone',
  whatHappens: 'Reading works; every push gets 502.',
  whatTheUserSees: 'GIT_SERVER_ERROR',
  exitCode: 6,
  guarantees: [refsUnmoved, queueEmpty, sound],
  missing,
  cause: () => commitHere({ fault: (request) => (isPush(request) ? { is: 'answer', status: 502 } : undefined) }),
});
