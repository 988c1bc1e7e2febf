import { commitStays, followHere, missing, reasonsTell } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'The sync fails',
  whatHappens: 'The cluster refuses a resource.',
  whatTheUserSees: 'APPLICATION_SYNC_FAILED',
  exitCode: 7,
  guarantees: [reasonsTell("the cluster's words are shown", 'could not find the requested resource'), commitStays],
  missing,
  cause: () =>
    followHere({
      prepare: ({ argocd }) => {
        argocd.app('front').mishaps.syncFails = 'the server could not find the requested resource';
      },
    }),
});
