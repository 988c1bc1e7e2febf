import { expect, it } from 'vitest';
import { chart } from '../support/cluster/chart.ts';
import { readyImages } from '../support/cluster/pods.ts';
import { isHealthy, openShop } from '../support/cluster/shop.ts';
import { partsOf, waitFor } from '../support/cluster/waiting.ts';

// What a verdict that comes as soon as Healthy is shown could get wrong: each of these is Healthy for a moment before it ends.

const front = chart()['main/templates/front.yaml'] ?? '';

it('two rollouts of one commit, one of them slower, are healthy when both are over', async () => {
  const shop = await openShop('two-rollouts');
  const slow = front.replaceAll('front }', 'back }').replace('name: front\nspec', 'name: back\nspec');
  const commit = await shop.commit({
    files: { 'main/templates/back.yaml': slow.replace('{{ .Values.front.readyAfter | quote }}', '"3s"') },
    message: 'Add another one\n',
  });
  const { verdict, result } = await waitFor(shop, commit, { what: 'two rollouts, one slower' });
  expect(verdict).toMatchObject({ is: 'healthy', commit, revision: commit });
  expect(result.code).toBe(0);
  expect((await readyImages(shop)).length).toBe(2);
  const { verdict: both, commit: next } = await delivered(shop, { tag: 'v2' });
  expect(both).toMatchObject({ is: 'healthy', revision: next });
  expect(await readyImages(shop)).toEqual(['registry.test/front:v2', 'registry.test/front:v2']);
});

it('a program that nobody asks, and that ends half a second after its start, is not told to be healthy', async () => {
  const shop = await openShop('quitting', { probe: false });
  await shop.until(isHealthy);
  // So late that the sync's own second is over by then.
  const commit = await shop.set({ tag: 'quitting-1', readyAfter: '2s' });
  const asked = { what: 'program that ends', args: ['--timeout', '15s'], isFinal: false } as const;
  const { verdict, result } = await waitFor(shop, commit, asked);
  expect(verdict).toMatchObject({ is: 'degraded', commit });
  expect(result.code).toBe(7);
  expect(partsOf(verdict).map(({ status }) => status)).toContain('CrashLoopBackOff');
});

it('many deliveries one after the other are each told when their own pods run', async () => {
  const shop = await openShop('one-after-another');
  await shop.until(isHealthy);
  for (const tag of ['v2', 'v3', 'v4', 'v5', 'v6', 'v7']) {
    const { verdict, commit } = await delivered(shop, { tag });
    expect(verdict).toMatchObject({ is: 'healthy', revision: commit });
    expect(await readyImages(shop)).toEqual([`registry.test/front:${tag}`]);
  }
});

async function delivered(shop: Awaited<ReturnType<typeof openShop>>, { tag }: { readonly tag: string }) {
  const commit = await shop.set({ tag, readyAfter: '1s' });
  return { commit, ...(await waitFor(shop, commit, { what: `delivery of ${tag}` })) };
}
