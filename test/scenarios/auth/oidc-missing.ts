import { configRepoUntouched, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'The job may not ask for an OIDC token',
  whatHappens: '`id-token: write` is missing, so GitHub sets no variables for it.',
  whatTheUserSees: 'OIDC_UNAVAILABLE',
  exitCode: 3,
  guarantees: [tells('the missing permission is named', 'id-token: write'), configRepoUntouched, registryUntouched],
  missing,
  cause: () =>
    shipByCli({
      env: () => ({
        GITHUB_ACTIONS: 'true',
        ACTIONS_ID_TOKEN_REQUEST_URL: undefined,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined,
      }),
    }),
});
