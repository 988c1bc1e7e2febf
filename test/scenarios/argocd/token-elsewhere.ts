import { tells } from '../config-repo.ts';
import { followHere, missing, nothingSent } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: "The config file names an Argo CD that isn't the token's",
  whatHappens: 'A change to tagboat.yaml leads to another server than ARGOCD_SERVER says that the token is for.',
  whatTheUserSees: 'TOKEN_ELSEWHERE',
  exitCode: 2,
  guarantees: [tells('the hint names the variable', 'ARGOCD_SERVER'), nothingSent],
  missing,
  cause: () =>
    followHere({
      argocd: { tokens: { right: { get: true } } },
      env: { ARGOCD_AUTH_TOKEN: 'right', ARGOCD_SERVER: 'argocd.own.test' },
    }),
});
