import { commitStays, followHere, missing, reasonsTell } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'The rollout fails',
  whatHappens: 'The application is synced, and its pod crashes.',
  whatTheUserSees: 'APPLICATION_DEGRADED',
  exitCode: 7,
  guarantees: [
    reasonsTell('the pod and the end of its log are shown', 'CrashLoopBackOff', 'panic: no configuration'),
    commitStays,
  ],
  missing,
  cause: () =>
    followHere({
      prepare: ({ argocd }) => {
        argocd.app('front').mishaps.degraded = 'Deployment "front" exceeded its progress deadline';
      },
    }),
});
