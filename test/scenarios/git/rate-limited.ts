import { isPush } from '../../commit/landing.ts';
import { commitByCli, missing, queueEmpty, refsUnmoved, sound, tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The host limits how often is pushed',
  whatHappens: 'Every push gets 429 and `Retry-After: 3600`: longer than a run has time.',
  whatTheUserSees: 'GIT_RATE_LIMITED',
  exitCode: 6,
  guarantees: [
    tells('the limit is named, and nobody waits for an hour', /429/, /limit/, /^3600$/m),
    refsUnmoved,
    queueEmpty,
    sound,
  ],
  missing,
  cause: () =>
    commitByCli({
      fault: (request) =>
        isPush(request) ? { is: 'answer', status: 429, headers: { 'retry-after': '3600' } } : undefined,
    }),
});
