import { configRepoUntouched, missing, noSecretPrinted, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'The token for the config repo is refused',
  whatHappens: 'The host answers 401: it is wrong, revoked or has ended.',
  whatTheUserSees: 'GIT_AUTH_REFUSED',
  exitCode: 3,
  guarantees: [configRepoUntouched, registryUntouched, noSecretPrinted],
  missing,
  cause: () => shipByCli({ env: () => ({ TAGBOAT_TOKEN: 'wrong-token-0123456789' }) }),
});
