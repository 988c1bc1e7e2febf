import { commitHere, landedOnce, missing, onePush, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The host answers 503 for a while',
  whatHappens: 'Two requests get 503, then all is well.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [landedOnce, onePush, sound],
  missing,
  cause: () => {
    const faults = [503, 503];
    return commitHere({
      fault: () => {
        const status = faults.shift();
        return status === undefined ? undefined : { is: 'answer', status };
      },
    });
  },
});
