import { configRepoUntouched, configured, dockerConfig, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: "Docker's config file is broken",
  whatHappens: 'It is no JSON.',
  whatTheUserSees: 'DOCKER_CONFIG_INVALID',
  exitCode: 3,
  guarantees: [configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipByCli({
      prepare: configured((text) => text.replace('login: ecr', 'login: docker')),
      env: async () => ({ DOCKER_CONFIG: await dockerConfig('{"auths":') }),
    }),
});
