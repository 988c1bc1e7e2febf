import { isPush } from '../../commit/landing.ts';
import { commitHere, landedOnce, missing, onePush, rivalKept, rivalPush, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'A reply is lost, and others push on top',
  whatHappens: 'The commit lands, its answer is lost, and another push follows before the tip is read again.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [landedOnce, onePush, rivalKept, sound],
  missing,
  cause: () => {
    let lost = false;
    let overtaken = false;
    return commitHere({
      fault: async (request, host) => {
        if (lost && !overtaken) {
          overtaken = true;
          await rivalPush(host);
        }
        if (lost || !isPush(request)) return undefined;
        lost = true;
        return { is: 'cut', bytes: 0 };
      },
    });
  },
});
