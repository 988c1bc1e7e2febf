import { tells } from '../config-repo.ts';
import { commitStays, followHere, missing } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'Argo CD never comes to the commit',
  whatHappens: 'It stays healthy with the one before it.',
  whatTheUserSees: 'APPLICATION_TIMED_OUT',
  exitCode: 8,
  guarantees: [tells('the way to wait on is named', 'tagboat wait'), commitStays],
  missing,
  cause: () =>
    followHere({
      timeout: '40s',
      prepare: ({ argocd }) => {
        argocd.app('front').mishaps.stuck = true;
      },
    }),
});
