import { configRepoUntouched, configured, dockerConfig, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'A credential helper is missing',
  whatHappens: "Docker's config names a program that is not there.",
  whatTheUserSees: 'CREDENTIAL_HELPER_FAILED',
  exitCode: 3,
  guarantees: [tells('the program is named', 'docker-credential-nowhere'), configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipByCli({
      prepare: configured((text) => text.replace('login: ecr', 'login: docker')),
      env: async () => ({ DOCKER_CONFIG: await dockerConfig('{"credsStore":"nowhere"}') }),
    }),
});
