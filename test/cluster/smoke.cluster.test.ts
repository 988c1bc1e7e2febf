import { expect, it } from 'vitest';
import { openShop } from '../support/cluster/shop.ts';

it('a chart becomes Healthy at the commit that was pushed', async () => {
  const shop = await openShop('smoke');
  await shop.until(({ status }) => status?.health?.status === 'Healthy' && status.sync?.status === 'Synced');
  const commit = await shop.set({ tag: 'v2' });
  const refreshed = await shop.application('normal');
  expect(refreshed.status?.sync?.revision).toBe(commit);
  const healthy = await shop.until(
    ({ status }) => status?.health?.status === 'Healthy' && status.sync?.status === 'Synced',
  );
  expect(healthy.status?.sync?.revision).toBe(commit);
});
