import { configRepoUntouched, missing, noSecretPrinted, registryUntouched, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'auth',
  title: 'GitHub gives no OIDC token',
  whatHappens: 'Its endpoint answers 500 to every request.',
  whatTheUserSees: 'OIDC_REFUSED',
  exitCode: 3,
  guarantees: [configRepoUntouched, registryUntouched, noSecretPrinted],
  missing,
  cause: () =>
    shipHere({
      servers: { github: { fault: ({ path }) => (path.includes('idtoken') ? { status: 500 } : undefined) } },
    }),
});
