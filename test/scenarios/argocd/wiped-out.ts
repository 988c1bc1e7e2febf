import { commitStays, followHere, missing, neverHealthy, reasonsTell } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

const message = 'Skipping sync attempt to it: auto-sync will wipe out all resources';

export const scenario = declare({
  area: 'argocd',
  title: 'Argo CD refuses to sync',
  whatHappens: 'The commit leaves the application no resource, which auto-sync doesn’t do.',
  whatTheUserSees: 'APPLICATION_SYNC_FAILED',
  exitCode: 7,
  guarantees: [reasonsTell('Argo CD’s own reason is shown', 'wipe out all resources'), neverHealthy, commitStays],
  missing,
  cause: () => {
    let landed = '';
    return followHere({
      argocd: { app: { automated: true } },
      prepare: ({ argocd }) => {
        const app = argocd.app('front');
        app.mishaps.window = true;
        app.patch((json) => {
          const status = json.status as { sync: { revision?: string }; conditions?: unknown };
          if (landed === '' || status.sync.revision !== landed) return;
          status.conditions = [{ type: 'SyncError', message, lastTransitionTime: '2026-01-01T00:00:09Z' }];
        });
      },
      onEvent: (event) => {
        if (event.type === 'commit.finished' && event.outcome.is === 'landed') landed = event.outcome.commit;
      },
    });
  },
});
