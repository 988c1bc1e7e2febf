import { followHere, missing, neverHealthy, reasonsTell } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'There is no such application',
  whatHappens: 'The name is mistyped; others are there.',
  whatTheUserSees: 'APPLICATION_NOT_FOUND',
  exitCode: 2,
  guarantees: [neverHealthy, reasonsTell('the nearest name is shown', 'Did you mean front?')],
  missing,
  cause: () => followHere({ application: 'fornt' }),
});
