import { expect } from 'vitest';
import { isPush } from '../../commit/landing.ts';
import { type Committing, commitHere, missing, queueEmpty, rivalKept, rivalPush, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

/** The first push is beaten, and no later one is answered by git. */
function failingAfterwards(): NonNullable<Committing['fault']> {
  let pushes = 0;
  return async (request, host) => {
    if (!isPush(request)) return undefined;
    pushes += 1;
    if (pushes > 1) return { is: 'answer', status: 502 };
    await rivalPush(host);
    return undefined;
  };
}

export const scenario = declare({
  area: 'git',
  title: 'Somebody else is faster, and then the host fails',
  whatHappens: 'The first push is beaten; every later one gets 502, so that nothing can be published either.',
  whatTheUserSees: 'GIT_SERVER_ERROR',
  exitCode: 6,
  guarantees: [
    {
      words: 'it is given up after a few pushes',
      holds: ({ host }) => expect(host.requests.filter(isPush).length).toBeLessThan(12),
    },
    rivalKept,
    queueEmpty,
    sound,
  ],
  missing,
  cause: () => commitHere({ fault: failingAfterwards() }),
});
