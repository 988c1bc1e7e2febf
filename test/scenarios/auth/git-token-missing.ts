import { configRepoUntouched, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'There is no token for the config repo',
  whatHappens: 'The host answers 401 to a run without one.',
  whatTheUserSees: 'GIT_AUTH_REFUSED',
  exitCode: 3,
  guarantees: [tells('the variable to set is named', 'TAGBOAT_TOKEN'), configRepoUntouched, registryUntouched],
  missing,
  cause: () => shipByCli({ env: () => ({ TAGBOAT_TOKEN: undefined }) }),
});
