import { isPush } from '../../commit/landing.ts';
import { commitHere, missing, refsUnmoved, sound, tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The host falls silent at the push',
  whatHappens: 'The push is sent, and no answer comes.',
  whatTheUserSees: 'GIT_TIMEOUT',
  exitCode: 6,
  guarantees: [
    tells('the user is told that the commit may have landed, and that running again is safe', /run again/i),
    refsUnmoved,
    sound,
  ],
  missing,
  cause: () => commitHere({ fault: (request) => (isPush(request) ? { is: 'hang' } : undefined) }, { idleMs: 2_000 }),
});
