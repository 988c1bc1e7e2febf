import { commitStays, followHere, meanwhile, missing } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'The application is deleted and made again',
  whatHappens: 'Its template deletes it while the verdict is waited for, and makes it anew a moment later.',
  whatTheUserSees: 'healthy',
  exitCode: 0,
  guarantees: [commitStays],
  missing,
  cause: () =>
    followHere({
      application: '{ name: front, project: default }',
      onEvent: meanwhile(({ argocd, repo }) => {
        argocd.remove('front');
        const again = () => argocd.add({ name: 'front', sources: [{ repoURL: repo, path: 'main' }] });
        setTimeout(() => void again().refresh(), 100);
      }),
    }),
});
