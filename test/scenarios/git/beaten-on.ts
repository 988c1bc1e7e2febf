import { isPush } from '../../commit/landing.ts';
import { commitHere, missing, queueEmpty, rivalKept, rivalPush, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'Others are faster all the time',
  whatHappens: 'Another push moves the branch before each of ours, until the time is over.',
  whatTheUserSees: 'LAND_TIMED_OUT',
  exitCode: 6,
  guarantees: [rivalKept, queueEmpty, sound],
  missing,
  cause: () => {
    let pushes = 0;
    return commitHere(
      {
        fault: async (request, host) => {
          if (isPush(request)) await rivalPush(host, `other-${++pushes}.yaml`);
          return undefined;
        },
      },
      // Fewer turns than in two real minutes: each wait takes at least five seconds of this clock.
      {
        world: ({ clock }) => ({
          clock: { ...clock, sleep: (ms, signal) => clock.sleep(Math.max(ms, 5_000), signal) },
        }),
      },
    );
  },
});
