import { atFirstPush, commitHere, landedOnce, missing, onePush, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'A reply is lost after the push landed',
  whatHappens: 'The host takes the commit, and the connection ends before its answer.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [landedOnce, onePush, sound],
  missing,
  cause: () => commitHere({ fault: atFirstPush(() => ({ is: 'cut', bytes: 0 })) }),
});
