import { generateKeyPairSync } from 'node:crypto';
import {
  appEnv,
  configRepoUntouched,
  missing,
  noSecretPrinted,
  registryUntouched,
  shipByCli,
  withApp,
} from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: "The GitHub App's key is another App's",
  whatHappens: 'GitHub can not verify what it signs.',
  whatTheUserSees: 'GITHUB_APP_REFUSED',
  exitCode: 3,
  guarantees: [configRepoUntouched, registryUntouched, noSecretPrinted],
  missing,
  cause: () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return shipByCli({
      ...withApp(['acme/config']),
      env: (town) => ({ ...appEnv(town), TAGBOAT_APP_PRIVATE_KEY: pem }),
    });
  },
});
