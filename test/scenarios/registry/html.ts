import { configRepoUntouched, missing, noImage, shipHere } from '../app-repo.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'registry',
  title: 'A page answers in place of the registry',
  whatHappens: 'A login page or proxy answers 200 with HTML.',
  whatTheUserSees: 'REGISTRY_MALFORMED',
  exitCode: 5,
  guarantees: [configRepoUntouched, noImage],
  missing,
  cause: () =>
    shipHere({
      registry: {
        fault: () => ({ is: 'answer', status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Log in' }),
      },
    }),
});
