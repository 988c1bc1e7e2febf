import { commitStays, followHere, missing } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'The stream is cut, again and again',
  whatHappens: 'Every stream of Argo CD ends before it tells anything.',
  whatTheUserSees: 'healthy',
  exitCode: 0,
  guarantees: [commitStays],
  missing,
  cause: () => followHere({ argocd: { fault: ({ path }) => (path.includes('/stream/') ? { is: 'cut' } : undefined) } }),
});
