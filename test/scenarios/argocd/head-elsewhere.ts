import { followHere, missing, nothingSent } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'The application follows HEAD, which is another branch',
  whatHappens: 'It names no branch, and the config repo’s default branch is not the one that is delivered to.',
  whatTheUserSees: 'APPLICATION_FOLLOWS_OTHER',
  exitCode: 2,
  guarantees: [nothingSent],
  missing,
  cause: () =>
    followHere({
      prepare: async ({ host }) => {
        await host.git('config', 'branch', 'other', 'main');
        await host.git('config', 'symbolic-ref', 'HEAD', 'refs/heads/other');
        await host.commit('config', { files: { 'other.yaml': 'a: 1\n' } });
      },
    }),
});
