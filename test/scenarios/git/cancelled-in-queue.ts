import { commitByCli, missing, neverSet, queueEmpty, rivalKept, signalledInQueue, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'GitHub cancels a job whose run waits in the queue',
  whatHappens: 'SIGINT after its intent was published, and SIGTERM with each request by which it tidies.',
  whatTheUserSees: 'INTERRUPTED',
  exitCode: 130,
  guarantees: [queueEmpty, rivalKept, neverSet, sound],
  missing,
  cause: () => commitByCli(...signalledInQueue('SIGINT', 'SIGTERM')),
});
