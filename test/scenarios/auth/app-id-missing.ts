import { appEnv, configRepoUntouched, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'Half of a GitHub App is set',
  whatHappens: 'TAGBOAT_APP_ID is empty: the secret is not visible to this job.',
  whatTheUserSees: 'GITHUB_APP_INCOMPLETE',
  exitCode: 3,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () => shipByCli({ env: (town) => ({ ...appEnv(town), TAGBOAT_APP_ID: '' }) }),
});
