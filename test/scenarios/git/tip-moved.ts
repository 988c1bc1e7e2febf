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
  title: 'Somebody else is faster',
  whatHappens: 'Between reading the tip and the push, another push moves the branch.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [landedOnce, rivalKept, queueEmpty, sound],
  missing,
  cause: () => commitByCli({ fault: atFirstPush((host) => rivalPush(host)) }),
});
