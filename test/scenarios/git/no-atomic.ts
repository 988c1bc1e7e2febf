import {
  atFirstPush,
  commitByCli,
  landedOnce,
  missing,
  queueEmpty,
  rivalKept,
  rivalPush,
  sound,
} from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The host has no atomic pushes',
  whatHappens: 'Beaten, we can not land the queue and delete its refs in one step.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [landedOnce, rivalKept, queueEmpty, sound],
  missing,
  cause: () =>
    commitByCli({
      repo: { config: { 'receive.advertiseAtomic': 'false' } },
      fault: atFirstPush((host) => rivalPush(host)),
    }),
});
