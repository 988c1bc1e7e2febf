import { configRepoUntouched, missing, noImage, noTempLeft, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'The registry is full',
  whatHappens: 'It answers 507 to every upload.',
  whatTheUserSees: 'REGISTRY_STORAGE_FULL',
  exitCode: 5,
  guarantees: [configRepoUntouched, noImage, noTempLeft],
  missing,
  cause: () =>
    shipHere({
      registry: { fault: (request) => (request.method === 'PUT' ? { is: 'answer', status: 507 } : undefined) },
    }),
});
