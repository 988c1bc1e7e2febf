import {
  configRepoUntouched,
  configured,
  missing,
  noSecretPrinted,
  registryUntouched,
  shipByCli,
} from '../app-repo.ts';
import { tells } from '../config-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'The config repo is reached by plain http',
  whatHappens: 'A token would cross the network unencrypted.',
  whatTheUserSees: 'GIT_PLAIN_HTTP',
  exitCode: 2,
  guarantees: [
    tells('the way to allow it for that host is named', 'TAGBOAT_GIT_INSECURE=git.test'),
    configRepoUntouched,
    registryUntouched,
    noSecretPrinted,
  ],
  missing,
  cause: () =>
    shipByCli({
      prepare: configured((text, { host }) => text.replace(host.repoUrl('config'), 'http://git.test/acme/config')),
    }),
});
