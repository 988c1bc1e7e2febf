import { commitStays, followHere, missing } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'Argo CD is out of order',
  whatHappens: 'Its API answers 503 to everything.',
  whatTheUserSees: 'ARGOCD_SERVER_ERROR',
  exitCode: 7,
  guarantees: [commitStays],
  missing,
  cause: () => followHere({ argocd: { fault: () => ({ is: 'answer', status: 503, body: 'upstream connect error' }) } }),
});
