import { expect, it, onTestFinished } from 'vitest';
import { callArgocd } from '../support/cluster/argocd-api.ts';
import { teams, teamsProject } from '../support/cluster/argocd-settings.ts';
import { kubeAt } from '../support/cluster/kube.ts';
import { crashLog } from '../support/cluster/kubernetes.ts';
import { openPipeline } from '../support/cluster/pipeline.ts';
import { readyImages } from '../support/cluster/pods.ts';
import { becomes } from '../support/cluster/recorded.ts';
import { isHealthy, openShop, theCluster } from '../support/cluster/shop.ts';
import { partsOf, waitFor } from '../support/cluster/waiting.ts';

it('by kubeconfig, without the API server: healthy, and elsewhere what is wrong', async () => {
  const good = await openShop('core');
  const bad = await openShop('core-bad');
  await Promise.all([good.until(isHealthy), bad.until(isHealthy)]);
  const argocd = { server: undefined, auth: 'kubeconfig' };
  const env = { KUBECONFIG: good.cluster.kubeconfig, ARGOCD_AUTH_TOKEN: '' };
  const well = await (await openPipeline(good, { argocd })).ship({ what: 'by kubeconfig', env });
  expect(well.verdict).toMatchObject({ is: 'healthy', commit: well.commit, revision: well.commit });
  const crashing = await openPipeline(bad, { argocd, tag: 'crashing-{shortCommit}' });
  const ill = await crashing.ship({ what: 'container that crashes, by kubeconfig', env });
  expect(ill.verdict).toMatchObject({ is: 'degraded', commit: ill.commit, revision: ill.commit });
  const parts = partsOf(ill.verdict);
  expect(parts.map(({ status }) => status)).toEqual(['Degraded', 'CrashLoopBackOff']);
  expect(parts[1]?.log).toEqual(crashLog.trimEnd().split('\n'));
});

it("an application outside of Argo CD's namespace is found by its own", async () => {
  const shop = await openShop('elsewhere', { namespace: teams, spec: { project: 'teams' } });
  await shop.until(isHealthy);
  const { ship } = await openPipeline(shop, { delivery: { application: `${teams}/elsewhere` } });
  const { verdict, commit } = await ship({ what: 'application in another namespace' });
  expect(verdict).toMatchObject({ is: 'healthy', commit, revision: commit });
});

it('`application: true` finds every application that follows the file, and each has its verdict', async () => {
  const shop = await openShop('three');
  const others = ['three-b', 'three-c'].map((name) => ({
    ...shop.object,
    metadata: { ...shop.object.metadata, name },
  }));
  for (const object of others) {
    await shop.kube.apply({ ...object, spec: inNamespace(object) });
    onTestFinished(() => shop.kube.remove(object));
  }
  await shop.until(isHealthy);
  // The list is made of what the API server has heard of, which is a moment behind.
  const { argocd } = shop.cluster;
  const known = async () => (await callArgocd(argocd.url, argocd.tokens.admin, 'GET', '/api/v1/applications')).body;
  for (const { metadata } of others) {
    const one = {
      items: expect.arrayContaining([expect.objectContaining({ metadata: expect.objectContaining(metadata) })]),
    };
    await expect.poll(known, { timeout: 60_000, interval: 100 }).toMatchObject(one);
  }
  const { ship } = await openPipeline(shop, { delivery: { application: true } });
  const { result } = await ship({ what: 'three applications of one delivery' });
  const verdicts = result.events.flatMap((event) => (event.type === 'verdict.finished' ? [event.verdict] : []));
  expect(verdicts.map(({ application, is }) => [application, is]).sort()).toEqual(
    ['three', 'three-b', 'three-c'].map((name) => [name, 'healthy']),
  );
});

it('an application whose sync window is closed is timed out, also with --sync', async () => {
  const window = { kind: 'deny', schedule: '* * * * *', duration: '24h', applications: ['*'], manualSync: false };
  const project = { ...teamsProject, metadata: { ...teamsProject.metadata, name: 'closed' } };
  const spec = { ...(teamsProject.spec as object), syncWindows: [window] };
  await kubeAt(theCluster().kubernetes).apply({ ...project, spec });
  const shop = await openShop('window', { spec: { project: 'closed' } });
  // Until then Argo CD may not have heard of the project.
  await shop.until(({ status }) => status?.sync?.status === 'OutOfSync');
  const commit = await shop.set({ tag: 'v2' });
  const args = ['--timeout', '8s', '--sync'];
  const waited = await waitFor(shop, commit, { what: 'closed sync window', args });
  expect(waited.verdict).toMatchObject({ is: 'timedOut', commit });
  expect([waited.result.code, waited.errors]).toEqual([8, ['APPLICATION_TIMED_OUT']]);
  expect(await readyImages(shop)).toEqual([]);
});

it('a hydrated application is healthy once the manifests made of our commit are live', async () => {
  const drySource = { repoURL: `${theCluster().git.url}/hydrated.git`, path: 'main', targetRevision: 'main' };
  const sourceHydrator = { drySource, syncSource: { targetBranch: 'environments/test', path: 'hydrated' } };
  const shop = await openShop('hydrated', { spec: { source: undefined, sourceHydrator } });
  await shop.until(isHealthy);
  await becomes('application-hydrated', () => shop.application(), isHealthy);
  const { ship } = await openPipeline(shop);
  const { verdict, commit, source } = await ship({ what: 'hydrated application', isFinal: false });
  expect(verdict).toMatchObject({ is: 'healthy', commit, revision: commit });
  expect(await readyImages(shop)).toEqual([`registry.test/front:${source}`]);
});

function inNamespace({ metadata, spec }: { readonly metadata: { readonly name: string }; readonly spec?: unknown }) {
  return { ...(spec as object), destination: { server: 'https://kubernetes.default.svc', namespace: metadata.name } };
}
