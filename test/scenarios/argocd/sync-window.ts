import { expect } from 'vitest';
import { commitStays, followHere, missing, neverHealthy } from '../harbour.ts';
import { scenario as declare } from '../scenario.ts';

export const scenario = declare({
  area: 'argocd',
  title: 'A sync window is closed',
  whatHappens: 'Argo CD has seen the commit and may not sync it now.',
  whatTheUserSees: 'APPLICATION_TIMED_OUT',
  exitCode: 8,
  guarantees: [
    commitStays,
    neverHealthy,
    {
      words: 'that a window keeps it is told',
      holds: ({ events }) =>
        expect(events).toContainEqual(
          expect.objectContaining({ type: 'verdict.progress', why: expect.stringContaining('sync window') }),
        ),
    },
  ],
  missing,
  cause: () =>
    followHere({
      timeout: '40s',
      prepare: ({ argocd }) => {
        argocd.app('front').mishaps.window = true;
      },
    }),
});
