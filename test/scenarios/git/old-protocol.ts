import { commitByCli, landedOnce, missing, onePush, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The host speaks version 0 alone',
  whatHappens: 'It knows no `ls-refs` and no `fetch` by version 2.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [landedOnce, onePush, sound],
  missing,
  cause: () => commitByCli({ fault: () => ({ is: 'oldProtocol' }) }),
});
