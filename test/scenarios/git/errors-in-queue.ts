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
      words: 'the host is not pressed: 25 pushes at most in the two minutes of a landing',
      // The waits double from 1/8 s, and each is at least half of its step: the first seven take 16 s or more, those
      // after them 10 s or more, so 18 fit into two minutes. The beaten push comes before, three withdrawals after.
      holds: ({ host }) => expect(host.requests.filter(isPush).length).toBeLessThanOrEqual(25),
    },
    rivalKept,
    queueEmpty,
    sound,
  ],
  missing,
  cause: () => commitHere({ fault: failingAfterwards() }),
});
