import { commitStays, followHere, meanwhile, missing, neverHealthy } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'The API goes down for good while it is asked',
  whatHappens: 'After the first looks every request is cut until the time is over.',
  whatTheUserSees: 'APPLICATION_UNKNOWN',
  exitCode: 7,
  guarantees: [commitStays, neverHealthy],
  missing,
  cause: () => {
    let down = false;
    return followHere({
      timeout: '60s',
      argocd: { fault: () => (down ? { is: 'cut' } : undefined) },
      onEvent: meanwhile(({ argocd }) => {
        down = true;
        argocd.cut();
      }),
    });
  },
});
