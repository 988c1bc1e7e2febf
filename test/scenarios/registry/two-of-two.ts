import { expect } from 'vitest';
import { configRepoUntouched, missing, noImage, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'Both images fail',
  whatHappens: 'The registry takes no manifest at all.',
  whatTheUserSees: 'REGISTRY_REFUSED',
  exitCode: 5,
  guarantees: [
    configRepoUntouched,
    noImage,
    {
      words: 'both failures are reported',
      holds: ({ errors }) => expect(errors).toHaveLength(2),
    },
  ],
  missing,
  cause: () =>
    shipHere({
      registry: {
        fault: ({ method, path }) =>
          method === 'PUT' && path.includes('/manifests/') ? { is: 'answer', status: 422 } : undefined,
      },
    }),
});
