import { configRepoUntouched, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'config',
  title: 'git is not installed',
  whatHappens: 'No program of that name is in PATH.',
  whatTheUserSees: 'GIT_MISSING',
  exitCode: 2,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () => shipByCli({ env: () => ({ PATH: '/nonexistent' }) }),
});
