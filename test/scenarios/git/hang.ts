import { commitHere, missing, nothingSent, refsUnmoved } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The host falls silent',
  whatHappens: 'The connection stays open, and no byte comes any more.',
  whatTheUserSees: 'GIT_TIMEOUT',
  exitCode: 6,
  guarantees: [nothingSent, refsUnmoved],
  missing,
  cause: () => commitHere({ fault: ({ isCall }) => (isCall ? { is: 'hang' } : undefined) }, { idleMs: 2_000 }),
});
