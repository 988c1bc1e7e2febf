import { expect, it } from 'vitest';
import { usualArgoCd } from '../../../src/config/check/argocd.ts';
import { createNudge } from '../../../src/deploy/act/nudge.ts';
import type { AppRef, ArgoCd } from '../../../src/wire/argocd/types.ts';
import { testWorld } from '../../support/world.ts';

it('an application is told of a commit once, and once more in the project that it has moved to', async () => {
  const asked: string[] = [];
  const argocd = {
    application: async ({ name, project }: AppRef, refresh?: string) =>
      void asked.push(`${project}/${name} ${refresh}`),
  } as unknown as ArgoCd;
  const world = testWorld();
  const nudge = createNudge(
    world,
    world.emit,
    { argocd, http: world.http },
    {
      ...{ repo: 'https://git.test/config.git', branch: 'main', commit: 'ours', parent: undefined, files: [] },
      deploy: {
        ...{ argocd: usualArgoCd, applications: [], sync: false, onUnhealthy: 'fail', environment: undefined },
      },
    },
  );
  for (const project of ['shop', 'shop', 'store', 'store'])
    await nudge({ name: 'front', namespace: 'argocd', project });
  expect(asked).toEqual(['shop/front normal', 'store/front normal']);
});
