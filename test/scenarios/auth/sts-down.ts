import { configRepoUntouched, missing, noSecretPrinted, registryUntouched, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'STS is out of order',
  whatHappens: 'It answers 503 to every request.',
  whatTheUserSees: 'AWS_UNREACHABLE',
  exitCode: 3,
  guarantees: [configRepoUntouched, registryUntouched, noSecretPrinted],
  missing,
  cause: () => shipHere({ servers: { aws: { fault: () => ({ status: 503 }) } } }),
});
