import { closedPort } from '../config-repo.ts';
import { commitStays, followHere, missing } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'Nobody listens at Argo CD',
  whatHappens: 'The connection is refused.',
  whatTheUserSees: 'ARGOCD_UNREACHABLE',
  exitCode: 7,
  guarantees: [commitStays],
  missing,
  cause: async () => followHere({ server: `http://${await closedPort()}` }),
});
