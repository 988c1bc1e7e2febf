import { expect } from 'vitest';
import { configRepoUntouched, missing, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'One of two images fails',
  whatHappens: 'The registry takes no manifest for the second image.',
  whatTheUserSees: 'REGISTRY_REFUSED',
  exitCode: 5,
  guarantees: [
    configRepoUntouched,
    {
      words: 'the image that is done is reported too',
      holds: ({ printed }) => expect(printed).toMatch(/image.finished.,.image.:.app/),
    },
  ],
  missing,
  cause: () =>
    shipHere({
      registry: {
        fault: ({ method, path }) =>
          method === 'PUT' && path.includes('/web-repo/manifests/') ? { is: 'answer', status: 422 } : undefined,
      },
    }),
});
