import { commitStays, followHere, missing, neverHealthy, tokenUntold } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'The token may look and not sync',
  whatHappens: 'An application that is synced by hand, `sync: true`, and a token with `get` alone.',
  whatTheUserSees: 'ARGOCD_FORBIDDEN',
  exitCode: 3,
  guarantees: [commitStays, neverHealthy, tokenUntold],
  missing,
  cause: () =>
    followHere({
      argocd: { app: { automated: false }, tokens: { 'planted-argocd-token': { get: true } } },
      delivery: '    sync: true\n',
    }),
});
