import { configRepoUntouched, configured, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'The path is no path',
  whatHappens: 'A bracket in it is never closed.',
  whatTheUserSees: 'PATH_SYNTAX_INVALID',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () => shipByCli({ prepare: configured((text) => text.replace('.front.imageTag', '".front[name=x"')) }),
});
