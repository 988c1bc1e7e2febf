import { expect } from 'vitest';
import { followHere, missing, reasonsTell } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'No pod of the new version starts, and that is to be rolled back',
  whatHappens: '`onUnhealthy: rollback`, a pod waits for its configuration, and no deadline of the cluster comes.',
  whatTheUserSees: 'APPLICATION_DEGRADED',
  exitCode: 7,
  guarantees: [
    reasonsTell('the pod and what it waits for are named', 'CreateContainerConfigError', 'secret \\"shop\\" not found'),
    {
      words: 'the value before is back, and healthy',
      holds: async ({ harbour: { host }, verdicts, events }) => {
        expect(await host.git('config', 'show', 'main:main/values.yaml')).toContain('imageTag: a\n');
        expect(verdicts.map(({ is }) => is)).toEqual(['degraded']);
        const all = events.flatMap((event) => (event.type === 'verdict.finished' ? [event.verdict.is] : []));
        expect(all).toEqual(['degraded', 'healthy']);
      },
    },
  ],
  missing,
  cause: () =>
    followHere({
      argocd: { pace: { deadline: 3_600_000 } },
      podFailure: '10s',
      delivery: '    onUnhealthy: rollback\n',
      prepare: ({ argocd }) => {
        argocd.app('front').mishaps.podWaits = {
          status: 'CreateContainerConfigError',
          message: 'secret "shop" not found',
        };
      },
      onEvent: ({ type }, { argocd }) => {
        if (type === 'rollback.started') argocd.app('front').mishaps.podWaits = undefined;
      },
    }),
});
