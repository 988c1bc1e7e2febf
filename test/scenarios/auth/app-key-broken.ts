import { appEnv, configRepoUntouched, missing, noSecretPrinted, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: "The GitHub App's key is no key",
  whatHappens: 'TAGBOAT_APP_PRIVATE_KEY holds something else.',
  whatTheUserSees: 'GITHUB_APP_KEY_INVALID',
  exitCode: 3,
  guarantees: [configRepoUntouched, registryUntouched, noSecretPrinted],
  missing,
  cause: () => shipByCli({ env: (town) => ({ ...appEnv(town), TAGBOAT_APP_PRIVATE_KEY: 'not a key at all' }) }),
});
