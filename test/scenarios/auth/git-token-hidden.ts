import { configRepoUntouched, missing, registryUntouched, shipByCli } from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'The token has no right to the config repo',
  whatHappens: 'The host answers 404, as if there were none.',
  whatTheUserSees: 'REPO_NOT_FOUND',
  exitCode: 6,
  guarantees: [
    tells('the hint says that 404 can mean a missing right', 'TAGBOAT_TOKEN access'),
    configRepoUntouched,
    registryUntouched,
  ],
  missing,
  cause: () =>
    shipByCli({ prepare: ({ host, token }) => host.setAccess('config', { tokens: { [token]: 'nothing' } }) }),
});
