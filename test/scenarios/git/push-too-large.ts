import { commitByCli, missing, queueEmpty, refsUnmoved, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The host takes no pack of that size',
  whatHappens: 'Its limit for a push is lower than a commit.',
  whatTheUserSees: 'PUSH_DENIED',
  exitCode: 6,
  guarantees: [refsUnmoved, queueEmpty, sound],
  missing,
  cause: () => commitByCli({ repo: { config: { 'receive.maxInputSize': '10' } } }),
});
