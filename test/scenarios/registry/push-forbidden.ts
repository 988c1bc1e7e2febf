import { configRepoUntouched, missing, noImage, noTempLeft, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'The login may not push',
  whatHappens: 'The registry answers 403 to every upload.',
  whatTheUserSees: 'REGISTRY_FORBIDDEN',
  exitCode: 3,
  guarantees: [configRepoUntouched, noImage, noTempLeft],
  missing,
  cause: () =>
    shipHere({
      registry: { fault: (request) => (request.method === 'POST' ? { is: 'answer', status: 403 } : undefined) },
    }),
});
