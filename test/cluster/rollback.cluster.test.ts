import { expect, it } from 'vitest';
import type { Event } from '../../src/events.ts';
import { chart } from '../support/cluster/chart.ts';
import { openPipeline } from '../support/cluster/pipeline.ts';
import { readyImages } from '../support/cluster/pods.ts';
import { isHealthy, openShop } from '../support/cluster/shop.ts';

const crashing = 'crashing-{shortCommit}';

it('a rollback by command is live although Argo CD syncs by itself, and the next run respects its hold', async () => {
  const shop = await openShop('back');
  await shop.until(isHealthy);
  const { ship, run } = await openPipeline(shop);
  const good = await ship({ what: 'delivery before the bad one' });
  const bad = await ship({ what: 'delivery that is rolled back', tag: crashing });
  expect([good.verdict?.is, bad.verdict?.is]).toEqual(['healthy', 'degraded']);

  const back = await run(['rollback', 'main', '--why', 'it crashes'], { what: 'rollback by command' });
  expect(back.result.code, back.result.stderr).toBe(0);
  expect(back.verdict).toMatchObject({ is: 'healthy' });
  expect(back.verdict?.commit).not.toBe(good.commit);
  expect(await readyImages(shop)).toEqual([`registry.test/front:${good.source}`]);

  const next = await ship({ what: 'delivery that is held', tag: '{commit}' });
  expect(outcomes(next.result.events)).toEqual(['held']);
  expect(await readyImages(shop)).toEqual([`registry.test/front:${good.source}`]);
});

it('a delivery that comes out degraded is rolled back by its own run, which says so and fails', async () => {
  const shop = await openShop('back-by-itself');
  await shop.until(isHealthy);
  const { ship } = await openPipeline(shop, { delivery: { onUnhealthy: 'rollback' } });
  const good = await ship({ what: 'delivery before the one that undoes itself' });
  const { result, errors } = await ship({ what: 'onUnhealthy: rollback', tag: crashing });
  const verdicts = result.events.flatMap((event) => (event.type === 'verdict.finished' ? [event.verdict.is] : []));
  expect(verdicts).toEqual(['degraded', 'healthy']);
  expect(outcomes(result.events)).toEqual(['landed', 'landed']);
  expect([result.code, errors]).toEqual([7, ['APPLICATION_DEGRADED']]);
  expect(await readyImages(shop)).toEqual([`registry.test/front:${good.source}`]);
});

const template = 'main/templates/front.yaml';

it.each([
  ['never-comes', 'broken-{shortCommit}', 'ImagePullBackOff'],
  ['crashes', crashing, 'CrashLoopBackOff'],
])('a pod that fails long before its deployment’s own deadline is rolled back: its image %s', async (name, tag, status) => {
  const shop = await openShop(`back-${name}`);
  await shop.until(isHealthy);
  const patient = chart()[template]?.replace(/(progressDeadlineSeconds:).*/, '$1 600') ?? '';
  const commit = await shop.commit({ files: { [template]: patient }, message: 'A patient deployment\n' });
  await shop.application('normal');
  await shop.until((one) => isHealthy(one) && one.status?.sync?.revision === commit);
  const { ship } = await openPipeline(shop, { delivery: { onUnhealthy: 'rollback' }, argocd: { podFailure: '10s' } });
  const good = await ship({ what: 'delivery before its pod fails', isFinal: false });
  const { result, errors } = await ship({ what: `onUnhealthy: ${status}`, tag, isFinal: false });
  const verdicts = result.events.flatMap((event) => (event.type === 'verdict.finished' ? [event.verdict] : []));
  expect(verdicts).toMatchObject([{ is: 'degraded', why: expect.stringContaining(status) }, { is: 'healthy' }]);
  expect(outcomes(result.events)).toEqual(['landed', 'landed']);
  expect([result.code, errors]).toEqual([7, ['APPLICATION_DEGRADED']]);
  expect(await readyImages(shop)).toEqual([`registry.test/front:${good.source}`]);
});

function outcomes(events: readonly Event[]): string[] {
  return events.flatMap((event) => (event.type === 'commit.finished' ? [event.outcome.is] : []));
}
