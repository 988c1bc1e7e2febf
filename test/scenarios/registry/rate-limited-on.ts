import { configRepoUntouched, missing, noImage, noTempLeft, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'Too many requests, without end',
  whatHappens: 'The registry answers 429 to every upload.',
  whatTheUserSees: 'REGISTRY_RATE_LIMITED',
  exitCode: 5,
  guarantees: [configRepoUntouched, noImage, noTempLeft],
  missing,
  cause: () =>
    shipHere({
      registry: {
        fault: (request) =>
          request.method === 'POST' ? { is: 'answer', status: 429, headers: { 'retry-after': '1' } } : undefined,
      },
    }),
});
