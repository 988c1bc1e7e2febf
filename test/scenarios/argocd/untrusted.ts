import { ownCa, serveHttps } from '../../support/servers.ts';
import { commitStays, followHere, missing, neverHealthy, tokenUntold } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: "Argo CD's certificate is not trusted",
  whatHappens: 'It is signed by a CA that nobody knows here.',
  whatTheUserSees: 'ARGOCD_UNTRUSTED',
  exitCode: 7,
  guarantees: [commitStays, neverHealthy, tokenUntold],
  missing,
  cause: async () => {
    const server = await serveHttps(ownCa().localhost, (_, answer) => answer.end('{}'));
    return followHere({ server });
  },
});
