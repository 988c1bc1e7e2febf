import { followHere, missing, nothingSent } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'There is no token for Argo CD',
  whatHappens: 'ARGOCD_AUTH_TOKEN is not set.',
  whatTheUserSees: 'ARGOCD_TOKEN_MISSING',
  exitCode: 3,
  guarantees: [nothingSent],
  missing,
  cause: () => followHere({ argocd: { tokens: { right: { get: true } } }, env: {} }),
});
