import { configRepoUntouched, missing, noImage, noTempLeft, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'The registry falls silent',
  whatHappens: 'The connection stays open, and no byte comes any more.',
  whatTheUserSees: 'REGISTRY_TIMEOUT',
  exitCode: 5,
  guarantees: [configRepoUntouched, noImage, noTempLeft],
  missing,
  cause: () =>
    shipHere(
      { registry: { fault: ({ method }) => (method === 'POST' ? { is: 'hang' } : undefined) } },
      { idleMs: 2_000 },
    ),
});
