import { delivered, missing, noTempLeft, noUploadLeft, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'The registry fails in the middle of an upload',
  whatHappens: 'Two uploads get 500 when they end; then all is well.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [delivered, noUploadLeft, noTempLeft],
  missing,
  cause: () => {
    let failures = 2;
    return shipHere({
      registry: {
        fault: ({ method, path }) =>
          method === 'PUT' && path.includes('/blobs/') && failures-- > 0 ? { is: 'answer', status: 500 } : undefined,
      },
    });
  },
});
