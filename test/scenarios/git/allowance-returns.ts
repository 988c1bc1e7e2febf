import { expect } from 'vitest';
import { allowance, gitWithin, likeGitLab } from '../../commit/allowance.ts';
import { commitByCli, landedOnce, missing, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The host says that no request is left, for a moment',
  whatHappens: 'It takes three requests in each second, and tells so in `RateLimit-*`.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [
    landedOnce,
    {
      words: 'no request is sent that would be refused',
      holds: ({ host }) => expect(host.requests.filter(({ status }) => status === 429)).toEqual([]),
    },
    sound,
  ],
  missing,
  cause: () => {
    const name = likeGitLab('throttle_authenticated_web');
    const within = allowance({ now: Date.now }, { most: 3, windowMs: 1_000 }, name);
    return commitByCli({ fault: () => gitWithin(within) });
  },
});
