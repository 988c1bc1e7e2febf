import { appEnv, configRepoUntouched, missing, registryUntouched, shipByCli, withApp } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'The GitHub App may only read',
  whatHappens: 'Its permission for contents is `read`.',
  whatTheUserSees: 'GITHUB_APP_PERMISSION',
  exitCode: 3,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () => shipByCli({ ...withApp(['acme/config'], 'read'), env: appEnv }),
});
