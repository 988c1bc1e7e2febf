import { expect, it, onTestFinished } from 'vitest';
import { webhookSecret } from '../support/cluster/argocd-settings.ts';
import { startDeaf } from '../support/cluster/deaf.ts';
import { openPipeline } from '../support/cluster/pipeline.ts';
import { readyImages } from '../support/cluster/pods.ts';
import { type Application, isHealthy, openShop } from '../support/cluster/shop.ts';
import { soon, type Waited, waitFor } from '../support/cluster/waiting.ts';
import { startOwnRegistry } from '../support/registries.ts';

/** The rollout of a later commit is under way. */
function isProgressing(before: Application): (application: Application) => boolean {
  return ({ status }) =>
    status?.health?.status === 'Progressing' &&
    status.sync?.status === 'Synced' &&
    status.sync.revision !== before.status?.sync?.revision;
}

it('a first delivery builds its image, lands its tag and is healthy as soon as its pods are', async () => {
  const registry = await startOwnRegistry();
  onTestFinished(() => registry.close());
  const shop = await openShop('first');
  const { ship } = await openPipeline(shop, {
    files: { Dockerfile: 'FROM scratch\nCOPY hello /hello\n', hello: 'hello\n' },
    config: { registry: registry.host, images: { front: { platforms: ['linux/amd64'] } } },
  });
  const { verdict, result, commit, source, late } = await ship({ what: 'first delivery' });
  expect(verdict).toMatchObject({ is: 'healthy', application: 'first', commit, revision: commit });
  expect(result.code).toBe(0);
  expect(await readyImages(shop)).toEqual([`registry.test/front:${source}`]);
  expect(late).toBeLessThan(soon);
});

it('a second delivery while the first syncs: the first is superseded, the second healthy', async () => {
  const shop = await openShop('second', { readyAfter: 'told' });
  const opened = await shop.letReady();
  const { ship } = await openPipeline(shop);
  const one = ship({ what: 'delivery that the next one overtakes', isFinal: false });
  const underway = await shop.until(isProgressing(opened));
  const overtaking = ship({ what: 'second delivery while the first syncs' });
  await shop.until(isProgressing(underway));
  await shop.letReady();
  const two = await overtaking;
  expect(two.late).toBeLessThan(soon);
  expect(two.verdict).toMatchObject({ is: 'healthy', commit: two.commit, revision: two.commit });
  const { verdict, commit, result } = await one;
  expect(verdict).toMatchObject({ is: 'superseded', commit, by: two.commit, judged: 'healthy' });
  expect(result.code).toBe(0);
});

it('a signed webhook is taken and is enough; one that is refused gives way to a refresh', async () => {
  const shop = await openShop('hooked');
  await shop.until(isHealthy);
  const deaf = await startDeaf(shop.cluster.argocd.url);
  onTestFinished(() => deaf.close());
  // Sooner than Argo CD's next poll, which would do without the webhook.
  const argocd = { server: deaf.url, webhookSecret: 'WEBHOOK_SECRET', timeout: '90s' };
  const { ship } = await openPipeline(shop, { argocd });
  const taken = await ship({ what: 'told by webhook', env: { WEBHOOK_SECRET: webhookSecret } });
  expect(taken.verdict).toMatchObject({ is: 'healthy', commit: taken.commit, revision: taken.commit });
  expect(warnings(taken)).toEqual([]);
  deaf.hear();
  const refused = await ship({ what: 'webhook refused', env: { WEBHOOK_SECRET: 'another' } });
  expect(refused.verdict).toMatchObject({ is: 'healthy', commit: refused.commit, revision: refused.commit });
  expect(warnings(refused)).toEqual(['deploy']);
});

/** Stages that warned. */
function warnings({ result }: Waited): string[] {
  return result.events.flatMap((event) => (event.type === 'notice' && event.level === 'warning' ? [event.stage] : []));
}

it('a delivery that changes nothing is judged by what is live', async () => {
  const shop = await openShop('unchanged');
  const { ship } = await openPipeline(shop, { tag: 'v2' });
  const first = await ship({ what: 'delivery before the unchanged one' });
  const again = await ship({ what: 'unchanged delivery' });
  expect(again.verdict).toMatchObject({ is: 'healthy', commit: first.commit, revision: first.commit });
  expect(again.result.events).toContainEqual(
    expect.objectContaining({ type: 'commit.finished', outcome: expect.objectContaining({ is: 'unchanged' }) }),
  );
});

it("another team's later commit that keeps our value carries our delivery", async () => {
  const shop = await openShop('others', { readyAfter: 'told' });
  const opened = await shop.letReady();
  const { ship } = await openPipeline(shop);
  const shipping = ship({ what: 'a newer commit by another team', isFinal: false });
  const underway = await shop.until(isProgressing(opened));
  const theirs = await shop.commit({ files: { 'other/values.yaml': 'a: 1\n' }, message: 'Another team\n' });
  await shop.application('normal');
  await shop.until(isProgressing(underway));
  await shop.letReady();
  const { verdict, commit } = await shipping;
  expect(verdict).toMatchObject({ is: 'healthy', commit, revision: theirs });
});

it('a commit that somebody made by hand is healthy by the later one that Argo CD shows', async () => {
  const shop = await openShop('by-hand-edited');
  await shop.until(isHealthy);
  const ours = await shop.set({ tag: 'v2', readyAfter: '2s' });
  const theirs = await shop.commit({ files: { 'other/values.yaml': 'a: 1\n' }, message: 'Another team\n' });
  const { verdict } = await waitFor(shop, ours, { what: 'a newer commit after one by hand', isFinal: false });
  expect(verdict).toMatchObject({ is: 'healthy', commit: ours, revision: theirs });
});

it('an application of two sources is healthy when the source with our commit is live', async () => {
  const charts = await openShop('charts', { automated: false });
  const values = { repoURL: charts.repo.replace('/charts.git', '/two.git'), targetRevision: 'main', ref: 'values' };
  const chart = {
    ...{ repoURL: charts.repo, targetRevision: 'main', path: 'main' },
    helm: { valueFiles: ['$values/main/values.yaml'] },
  };
  const shop = await openShop('two', { spec: { source: undefined, sources: [chart, values] } });
  const { ship } = await openPipeline(shop);
  const { verdict, commit, source, late } = await ship({ what: 'multi-source application' });
  expect(late).toBeLessThan(soon);
  expect(verdict).toMatchObject({ is: 'healthy', commit, revision: commit });
  expect(await readyImages(shop)).toEqual([`registry.test/front:${source}`]);
});

it('an application that is synced by hand is timed out, and healthy with --sync', async () => {
  const shop = await openShop('manual', { automated: false });
  const commit = await shop.set({ tag: 'v2' });
  const alone = await waitFor(shop, commit, { what: 'manual sync that nobody does', args: ['--timeout', '8s'] });
  expect(alone.verdict).toMatchObject({ is: 'timedOut', commit });
  expect(alone.errors).toEqual(['APPLICATION_TIMED_OUT']);
  expect(alone.result.code).toBe(8);
  const synced = await waitFor(shop, commit, { what: 'manual sync that we ask for', args: ['--sync'] });
  expect(synced.verdict).toMatchObject({ is: 'healthy', commit, revision: commit });
});
