import { isPush, saysDone } from '../../commit/landing.ts';
import { commitHere, landedOnce, missing, queueEmpty, rivalKept, rivalPush, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'A beaten push is reported as done',
  whatHappens: 'Another push is first, and the host, which moves no branch twice, reports ours as done all the same.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [landedOnce, rivalKept, queueEmpty, sound],
  missing,
  cause: () => {
    let beaten = false;
    return commitHere({
      fault: async (request, host) => {
        if (beaten || !isPush(request)) return undefined;
        beaten = true;
        await rivalPush(host);
        return saysDone(request);
      },
    });
  },
});
