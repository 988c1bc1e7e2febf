import { followHere, missing, nothingSent } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'Argo CD refuses the token',
  whatHappens: 'It answers 401.',
  whatTheUserSees: 'ARGOCD_AUTH_REFUSED',
  exitCode: 3,
  guarantees: [nothingSent],
  missing,
  cause: () =>
    followHere({ argocd: { tokens: { right: { get: true } } }, env: { ARGOCD_AUTH_TOKEN: 'wrong-token-0123' } }),
});
