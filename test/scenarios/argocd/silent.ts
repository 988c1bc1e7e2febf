import { serveHttp } from '../../support/servers.ts';
import { commitStays, followHere, missing, neverHealthy } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'Argo CD takes a request and stays silent',
  whatHappens: 'No byte comes back.',
  whatTheUserSees: 'ARGOCD_TIMEOUT',
  exitCode: 8,
  guarantees: [commitStays, neverHealthy],
  missing,
  cause: async () => followHere({ server: await serveHttp(() => undefined), idleMs: 300 }),
});
