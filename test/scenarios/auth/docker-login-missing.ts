import { configRepoUntouched, configured, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'Docker has no login',
  whatHappens: '`login: docker` is set, and its config file has none for this host.',
  whatTheUserSees: 'DOCKER_LOGIN_MISSING',
  exitCode: 3,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () => shipByCli({ prepare: configured((text) => text.replace('login: ecr', 'login: docker')) }),
});
