import { configRepoUnmoved, missing, noSecretPrinted, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'The token may only read',
  whatHappens: 'The host answers 403 to the push.',
  whatTheUserSees: 'GIT_FORBIDDEN',
  exitCode: 3,
  guarantees: [configRepoUnmoved, noSecretPrinted],
  missing,
  cause: () => shipByCli({ prepare: ({ host, token }) => host.setAccess('config', { tokens: { [token]: 'read' } }) }),
});
