import { commitByCli, missing, neverSet, queueEmpty, rivalKept, signalledInQueue, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'A job is cancelled while its run waits in the queue',
  whatHappens: 'SIGTERM after its intent was published.',
  whatTheUserSees: 'INTERRUPTED',
  exitCode: 130,
  guarantees: [queueEmpty, rivalKept, neverSet, sound],
  missing,
  cause: () => commitByCli(...signalledInQueue('SIGTERM')),
});
