import { configRepoUntouched, configured, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'GITHUB_TOKEN is not set for `login: ghcr`',
  whatHappens: 'The step gets no token.',
  whatTheUserSees: 'GHCR_TOKEN_MISSING',
  exitCode: 3,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () => shipByCli({ prepare: configured((text) => text.replace('login: ecr', 'login: ghcr')) }),
});
