import { followHere, missing, neverHealthy, reasonsTell } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'The config commit is taken off its branch',
  whatHappens: 'A push of force goes over it before Argo CD has seen it.',
  whatTheUserSees: 'APPLICATION_UNKNOWN',
  exitCode: 7,
  guarantees: [reasonsTell('that is said', 'push of force'), neverHealthy],
  missing,
  cause: () =>
    followHere({
      prepare: ({ argocd }) => {
        argocd.app('front').mishaps.stuck = true;
      },
      onEvent: (event, { host }) => {
        if (event.type !== 'commit.finished' || event.outcome.is !== 'landed') return;
        void host
          .git('config', 'update-ref', 'refs/heads/main', event.outcome.parent)
          .then(() => host.commit('config', { files: { 'other.yaml': 'a: 1\n' } }));
      },
    }),
});
