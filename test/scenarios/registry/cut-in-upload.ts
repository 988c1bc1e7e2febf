import { delivered, missing, noTempLeft, noUploadLeft, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'The connection is cut in the middle of a blob',
  whatHappens: 'The registry has a part of the bytes when the connection ends, once.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [delivered, noUploadLeft, noTempLeft],
  missing,
  cause: () => {
    let cuts = 1;
    return shipHere({
      registry: {
        fault: ({ method, path }) =>
          method === 'PUT' && path.includes('/blobs/') && cuts-- > 0 ? { is: 'cutRequest', after: 10 } : undefined,
      },
    });
  },
});
