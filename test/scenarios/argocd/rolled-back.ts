import { expect } from 'vitest';
import { followHere, missing } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'The rollout fails, and is to be rolled back',
  whatHappens: '`onUnhealthy: rollback`, and the new version never gets well.',
  whatTheUserSees: 'APPLICATION_DEGRADED',
  exitCode: 7,
  guarantees: [
    {
      words: 'the value before is back, by a commit that says why',
      holds: async ({ harbour: { host } }) => {
        expect(await host.git('config', 'show', 'main:main/values.yaml')).toContain('imageTag: a\n');
        expect(await host.git('config', 'log', '-1', '--format=%B', 'main')).toMatch(/^Roll back main[\s\S]*degraded/);
      },
    },
    {
      words: 'it is held for a day, so that no run undoes it unasked',
      holds: async ({ harbour: { host } }) => {
        const held = JSON.parse(await host.git('config', 'show', 'main:.tagboat/holds.json')) as unknown;
        expect(held).toMatchObject({ holds: [{ value: 'a', until: expect.any(String) }] });
      },
    },
    {
      words: 'it is waited until that is healthy',
      holds: ({ events }) => {
        const verdicts = events.flatMap((event) => (event.type === 'verdict.finished' ? [event.verdict.is] : []));
        expect(verdicts).toEqual(['degraded', 'healthy']);
      },
    },
  ],
  missing,
  cause: () =>
    followHere({
      delivery: '    onUnhealthy: rollback\n',
      prepare: ({ argocd }) => {
        argocd.app('front').mishaps.degraded = 'exceeded its progress deadline';
      },
      onEvent: ({ type }, { argocd }) => {
        if (type === 'rollback.started') argocd.app('front').mishaps.degraded = undefined;
      },
    }),
});
