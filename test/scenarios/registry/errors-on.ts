import { configRepoUntouched, missing, noImage, noTempLeft, noUploadLeft, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'The registry fails at every upload',
  whatHappens: 'Every upload gets 500.',
  whatTheUserSees: 'REGISTRY_SERVER_ERROR',
  exitCode: 5,
  guarantees: [configRepoUntouched, noImage, noUploadLeft, noTempLeft],
  missing,
  cause: () =>
    shipHere({
      registry: {
        fault: (request) =>
          request.method === 'PUT' && request.path.includes('/blobs/') ? { is: 'answer', status: 500 } : undefined,
      },
    }),
});
