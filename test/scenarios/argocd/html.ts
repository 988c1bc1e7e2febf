import { commitStays, followHere, missing } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'A login page answers in place of Argo CD',
  whatHappens: 'It answers 200 with HTML.',
  whatTheUserSees: 'ARGOCD_MALFORMED',
  exitCode: 7,
  guarantees: [commitStays],
  missing,
  cause: () =>
    followHere({ argocd: { fault: () => ({ is: 'answer', status: 200, type: 'text/html', body: '<html>Log in' }) } }),
});
