import { delivered, missing, noTempLeft, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'The answer to a manifest is lost',
  whatHappens: 'The image is there, and the connection ends before the registry says so.',
  whatTheUserSees: 'landed',
  exitCode: 0,
  guarantees: [delivered, noTempLeft],
  missing,
  cause: () => {
    let losses = 1;
    return shipHere({
      registry: {
        fault: ({ method, path }) =>
          method === 'PUT' && path.includes('/manifests/') && losses-- > 0 ? { is: 'loseAnswer' } : undefined,
      },
    });
  },
});
