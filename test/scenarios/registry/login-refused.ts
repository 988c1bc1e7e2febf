import { configRepoUntouched, missing, noSecretPrinted, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'The registry refuses the login',
  whatHappens: 'It answers 401 to the credentials it is shown.',
  whatTheUserSees: 'REGISTRY_AUTH_REFUSED',
  exitCode: 3,
  guarantees: [configRepoUntouched, registryUntouched, noSecretPrinted],
  missing,
  cause: () => shipByCli({ registry: { verify: () => false } }),
});
