import { commitStays, followHere, missing, reasonsTell } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'A hook fails',
  whatHappens: 'The migration that runs before the sync fails.',
  whatTheUserSees: 'APPLICATION_SYNC_FAILED',
  exitCode: 7,
  guarantees: [reasonsTell('the hook is named', 'migrate'), commitStays],
  missing,
  cause: () =>
    followHere({
      prepare: async ({ argocd, host }) => {
        const job = `apiVersion: batch/v1
kind: Job
metadata: { name: migrate, annotations: { argocd.argoproj.io/hook: PreSync } }
spec: {}
`;
        await host.commit('config', { files: { 'main/templates/migrate.yaml': job } });
        argocd.app('front').mishaps.hookFails = 'migrate';
      },
    }),
});
