import { expect } from 'vitest';
import { fileAt, valuesWith } from '../../commit/landing.ts';
import { commitByCli, missing, queueEmpty, rivalKept, signalledInQueue, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'A job is cancelled while its run waits in the queue',
  whatHappens: 'SIGTERM after its intent was published.',
  whatTheUserSees: 'INTERRUPTED',
  exitCode: 130,
  guarantees: [
    queueEmpty,
    rivalKept,
    {
      words: 'its value is not set, then or later',
      holds: async ({ host }) => expect(await fileAt(host, 'config')).toBe(valuesWith('a')),
    },
    sound,
  ],
  missing,
  cause: () => commitByCli(...signalledInQueue('SIGTERM')),
});
