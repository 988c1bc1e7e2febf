import { tells } from '../config-repo.ts';
import { followHere, missing, nothingSent } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'The token may not see the application',
  whatHappens: 'Argo CD answers 403.',
  whatTheUserSees: 'ARGOCD_FORBIDDEN',
  exitCode: 3,
  guarantees: [tells('the right that is missing is named', 'applications, get'), nothingSent],
  missing,
  cause: () => followHere({ argocd: { tokens: { right: { get: false } } }, env: { ARGOCD_AUTH_TOKEN: 'right' } }),
});
