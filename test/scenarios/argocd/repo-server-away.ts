import { expect } from 'vitest';
import { commitStays, followHere, meanwhile, missing } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

const message =
  'Failed to load target state: rpc error: code = Unavailable desc = connection error: dial tcp 10.0.0.1:8081';

export const scenario = declare({
  area: 'argocd',
  title: 'Argo CD’s repo server is away for a while',
  whatHappens: 'The comparison ends in an error of Argo CD’s own, `Unavailable`, and a sync with it; both pass.',
  whatTheUserSees: 'healthy',
  exitCode: 0,
  guarantees: [
    {
      words: 'nothing is rolled back',
      holds: ({ events }) => expect(events.filter(({ type }) => type === 'rollback.started')).toEqual([]),
    },
    commitStays,
  ],
  missing,
  cause: () =>
    followHere({
      delivery: '    onUnhealthy: rollback\n',
      onEvent: meanwhile(({ argocd }) => {
        const app = argocd.app('front');
        app.patch((json) => {
          const status = json.status as Record<string, unknown>;
          status.conditions = [{ type: 'ComparisonError', message }];
          status.sync = { status: 'Unknown' };
        });
        // Twenty times as long by the run's clock.
        setTimeout(() => app.patch(() => undefined), 800);
      }),
    }),
});
