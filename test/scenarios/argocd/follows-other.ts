import { followHere, missing, nothingSent } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'The application follows something else',
  whatHappens: 'It has another repository as its source.',
  whatTheUserSees: 'APPLICATION_FOLLOWS_OTHER',
  exitCode: 2,
  guarantees: [nothingSent],
  missing,
  cause: () =>
    followHere({
      prepare: async ({ argocd, host }) => {
        const repoURL = await host.createRepo('other', { files: { 'main/Chart.yaml': 'name: x\n' } });
        argocd.add({ name: 'back', sources: [{ repoURL, path: 'main' }] });
      },
      application: 'back',
    }),
});
