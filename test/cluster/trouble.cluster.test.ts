import { expect, it, onTestFinished } from 'vitest';
import { startApiServer } from '../support/cluster/argocd-processes.ts';
import { crashLog } from '../support/cluster/kubernetes.ts';
import { openPipeline } from '../support/cluster/pipeline.ts';
import { createProcesses, freePorts } from '../support/cluster/processes.ts';
import { type Application, isHealthy, openShop } from '../support/cluster/shop.ts';
import { partsOf, soon, waitFor } from '../support/cluster/waiting.ts';
import { tempDir } from '../support/git-host.ts';

const hasCondition =
  (wanted: string) =>
  ({ status }: Application) =>
    status?.conditions?.some(({ type }) => type === wanted) === true;

it('an image that never becomes ready is degraded, and the reason names the pull', async () => {
  const shop = await openShop('broken');
  await shop.until(isHealthy);
  const { ship } = await openPipeline(shop, { tag: 'broken-{shortCommit}' });
  const { verdict, errors, result, commit, late } = await ship({ what: 'image that never becomes ready' });
  expect(verdict).toMatchObject({ is: 'degraded', commit, revision: commit });
  expect(errors).toEqual(['APPLICATION_DEGRADED']);
  expect(result.code).toBe(7);
  expect(late).toBeLessThan(soon);
  const parts = partsOf(verdict);
  expect(parts.map(({ status }) => status)).toEqual(['Degraded', 'ImagePullBackOff']);
  expect(parts[1]?.events).toContainEqual(expect.stringContaining('Failed'));
});

it('a container that crashes is degraded, and the reason has the last lines of its log', async () => {
  const shop = await openShop('crashing');
  await shop.until(isHealthy);
  const { ship } = await openPipeline(shop, { tag: 'crashing-{shortCommit}' });
  const { verdict, commit, late } = await ship({ what: 'container that crashes' });
  expect(verdict).toMatchObject({ is: 'degraded', commit, revision: commit });
  expect(late).toBeLessThan(soon);
  const parts = partsOf(verdict);
  expect(parts.map(({ status }) => status)).toEqual(['Degraded', 'CrashLoopBackOff']);
  expect(parts[1]?.log).toEqual(crashLog.trimEnd().split('\n'));
});

it('a chart that cannot be rendered has failed, with what Helm says', async () => {
  const shop = await openShop('bad-chart');
  await shop.until(isHealthy);
  const bad = '{{ .Values.no.such.value }}\n';
  const commit = await shop.commit({ files: { 'main/templates/front.yaml': bad }, message: 'Break the chart\n' });
  const isFinal = hasCondition('ComparisonError');
  const { verdict, errors, result, late } = await waitFor(shop, commit, { what: 'bad chart', isFinal });
  expect(late).toBeLessThan(soon);
  expect(verdict).toMatchObject({ is: 'syncFailed', commit });
  expect(errors).toEqual(['APPLICATION_SYNC_FAILED']);
  expect(result.code).toBe(7);
  const words = expect.stringContaining('nil pointer evaluating');
  expect(partsOf(verdict)).toContainEqual(expect.objectContaining({ status: 'ComparisonError', message: words }));
});

it('a hook that fails has failed the sync, and the reason names the hook', async () => {
  const shop = await openShop('bad-hook', { hook: true, retry: { limit: 1, backoff: { duration: '2s' } } });
  await shop.until(isHealthy);
  const commit = await shop.set({ tag: 'v2', migration: 'failing-1' });
  const isFinal = ({ status }: Application) => status?.operationState?.phase === 'Failed';
  const { verdict, errors, late } = await waitFor(shop, commit, { what: 'failing hook', isFinal });
  expect(late).toBeLessThan(soon);
  expect(verdict).toMatchObject({ is: 'syncFailed', commit });
  expect(errors).toEqual(['APPLICATION_SYNC_FAILED']);
  expect(partsOf(verdict)).toContainEqual(expect.objectContaining({ subject: 'Job migration', status: 'Failed' }));
});

it('an application that is deleted meanwhile is unknown, not healthy', async () => {
  const shop = await openShop('deleted');
  await shop.until(isHealthy);
  const commit = await shop.set({ tag: 'v2', readyAfter: 'told' });
  const waiting = waitFor(shop, commit, { what: 'app deleted in between', isFinal: false });
  await shop.until(({ status }) => status?.sync?.revision === commit && status.health?.status === 'Progressing');
  await shop.kube.remove(shop.object);
  const { verdict, errors, result } = await waiting;
  expect(verdict).toMatchObject({ is: 'unknown', commit });
  expect(errors).toEqual(['APPLICATION_UNKNOWN']);
  expect(result.code).toBe(7);
});

it('an API server that goes and comes back in between delays the verdict and changes nothing', async () => {
  const shop = await openShop('restart');
  await shop.until(isHealthy);
  const processes = createProcesses(await tempDir());
  onTestFinished(() => processes.close());
  const { parts } = shop.cluster.argocd;
  const [port = 0] = await freePorts(1);
  const first = await startApiServer(processes, parts, 'argocd-server-own', port);
  const commit = await shop.set({ tag: 'v2', readyAfter: 'told' });
  const server = `http://127.0.0.1:${port}`;
  const waiting = waitFor(shop, commit, { what: 'API server restarted in between', server });
  await shop.until(({ status }) => status?.sync?.revision === commit && status.health?.status === 'Progressing');
  await first.end('SIGKILL');
  await shop.letReady();
  await startApiServer(processes, parts, 'argocd-server-own', port);
  expect((await waiting).verdict).toMatchObject({ is: 'healthy', commit, revision: commit });
});

it('a token without rights, and one that is none, end the run as credentials', async () => {
  const shop = await openShop('forbidden');
  const commit = await shop.set({ tag: 'v2' });
  const { stranger } = shop.cluster.argocd.tokens;
  const without = await waitFor(shop, commit, { what: 'token without rights', env: { ARGOCD_AUTH_TOKEN: stranger } });
  expect([without.errors, without.result.code, without.verdict]).toEqual([['ARGOCD_FORBIDDEN'], 3, undefined]);
  const none = await waitFor(shop, commit, { what: 'token that is none', env: { ARGOCD_AUTH_TOKEN: 'nonsense' } });
  expect([none.errors, none.result.code, none.verdict]).toEqual([['ARGOCD_AUTH_REFUSED'], 3, undefined]);
});
