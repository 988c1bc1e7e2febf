import { commitByCli, landedOnce, missing, onePush, sound } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'git',
  title: 'The host can not filter',
  whatHappens: 'It sends every file although two are asked for.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [landedOnce, onePush, sound],
  missing,
  cause: () => commitByCli({ repo: { config: { 'uploadpack.allowFilter': 'false' } } }),
});
