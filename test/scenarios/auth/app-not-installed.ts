import { appEnv, configRepoUntouched, missing, registryUntouched, shipByCli, withApp } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'The GitHub App is not installed there',
  whatHappens: 'It has no installation on the config repo.',
  whatTheUserSees: 'GITHUB_APP_NOT_INSTALLED',
  exitCode: 3,
  guarantees: [
    tells('the page to install it on is named', '/installations/new'),
    configRepoUntouched,
    registryUntouched,
  ],
  missing,
  cause: () => shipByCli({ ...withApp(['acme/other']), env: appEnv }),
});
