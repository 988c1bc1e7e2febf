import { expect } from 'vitest';
import { allowance, gitWithin, likeGitLab } from '../../commit/allowance.ts';
import { commitByCli, missing, queueEmpty, refsUnmoved, sound, tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The host says that no request is left, for long',
  whatHappens: 'The second answer tells `RateLimit-Remaining: 0` and a reset in half an hour.',
  whatTheUserSees: 'GIT_RATE_LIMITED',
  exitCode: 6,
  guarantees: [
    tells('the time is named at which it takes requests again', /until \d{4}-.*Z/, /No request is left/),
    {
      words: 'no request is sent that would be refused',
      holds: ({ host }) => expect(host.requests).toHaveLength(2),
    },
    ...[refsUnmoved, queueEmpty, sound],
  ],
  missing,
  cause: () => {
    const name = likeGitLab('throttle_authenticated_web');
    const within = allowance({ now: Date.now }, { most: 2, windowMs: 1_800_000 }, name);
    return commitByCli({ fault: () => gitWithin(within) });
  },
});
