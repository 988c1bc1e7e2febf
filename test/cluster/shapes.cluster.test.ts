import { expect, it } from 'vitest';
import { callArgocd } from '../support/cluster/argocd-api.ts';
import { pathOf } from '../support/cluster/kube.ts';
import { becomes, same } from '../support/cluster/recorded.ts';
import { type Application, openShop, type Shop, theCluster } from '../support/cluster/shop.ts';

// What the client reads and the sandbox's stand-in answers is held against these, so they must stay Argo CD's own.

async function ask(
  path: string,
  { token = theCluster().argocd.tokens.admin, method = 'GET', body = undefined as unknown } = {},
) {
  return callArgocd(theCluster().argocd.url, token, method, path, body);
}

const healthy = ({ status }: Application) =>
  status?.health?.status === 'Healthy' &&
  status.sync?.status === 'Synced' &&
  status.operationState?.phase === 'Succeeded';
const degraded = ({ status }: Application) => status?.health?.status === 'Degraded';

it('an application that is well looks as recorded, in an answer, in a list and in both kinds of stream', async () => {
  const shop = await openShop('well');
  await shop.until(healthy);
  await shop.application('normal');
  const { status } = await becomes('application-healthy', () => shop.application(), healthy);
  await becomes('applications', () => told('/api/v1/applications?projects=default'));
  await becomes('resource-tree-healthy', () => told('/api/v1/applications/well/resource-tree'));
  const stream = '/api/v1/stream/applications?name=well';
  await becomes('stream-lines', () => firstFrame(stream, 'application/json'));
  await becomes('stream-events', () => firstFrame(stream, 'text/event-stream'));
  await becomes('syncwindows', () => told('/api/v1/applications/well/syncwindows'));
  const revision = `/api/v1/applications/well/revisions/${status?.sync?.revision}`;
  await becomes('revision-metadata', () => told(`${revision}/metadata`));
});

it('an application on its way looks as recorded', async () => {
  const shop = await openShop('underway', { readyAfter: 'told' });
  const progressing = ({ status }: Application) => status?.health?.status === 'Progressing';
  await becomes('application-progressing', () => shop.application(), progressing);
});

it('an image that crashes shows its health, tree, events and log as recorded', async () => {
  const shop = await openShop('crash');
  await shop.until(healthy);
  await shop.set({ tag: 'crashing-1' });
  await shop.application('normal');
  await shop.until(degraded);
  await becomes('application-degraded', () => shop.application(), degraded);
  const stored = async () => (await shop.kube.read(pathOf(shop.object))) as unknown as Application;
  await becomes('stored-application-degraded', stored, degraded);
  const readTree = () => told('/api/v1/applications/crash/resource-tree') as Promise<Tree>;
  const pod = badPod(await becomes('resource-tree-degraded', readTree, (tree) => badPod(tree) !== undefined));
  if (pod === undefined) throw new Error('no bad pod in the tree');
  const events = `resourceUID=${pod.uid}&resourceNamespace=${pod.namespace}&resourceName=${pod.name}`;
  await becomes('events', () => told(`/api/v1/applications/crash/events?${events}`));
  const logs = `namespace=${pod.namespace}&podName=${pod.name}&container=front&tailLines=10&previous=true`;
  await becomes('logs', () => lines(`/api/v1/applications/crash/logs?${logs}`, 'application/json'));
});

function badPod({ nodes }: Tree): Tree['nodes'][number] | undefined {
  return nodes.find(({ kind, health }) => kind === 'Pod' && health !== undefined && health.status !== 'Healthy');
}

interface Tree {
  readonly nodes: readonly {
    readonly kind: string;
    readonly uid: string;
    readonly name: string;
    readonly namespace: string;
    readonly health?: { readonly status: string };
  }[];
}

it('an image that is missing shows the pull in its pod as recorded', async () => {
  const shop = await openShop('missing', { tag: 'broken-1' });
  await shop.until(degraded);
  await becomes('resource-tree-missing-image', () => told('/api/v1/applications/missing/resource-tree'));
});

it('a chart that cannot be rendered looks as recorded', async () => {
  const shop = await openShop('unrendered');
  await shop.until(healthy);
  await shop.commit({
    files: { 'main/templates/front.yaml': '{{ .Values.no.such.value }}\n' },
    message: 'Break the chart\n',
  });
  await shop.application('normal');
  const has = ({ status }: Application) => status?.conditions?.some(({ type }) => type === 'ComparisonError') === true;
  await becomes('application-comparison-error', () => shop.application(), has);
});

it('a hook that fails looks as recorded until it is tried again', async () => {
  // Longer than any test, so that this state lasts.
  const retry = { limit: 1, backoff: { duration: '1h', maxDuration: '1h' } };
  const shop = await failHook('hook', retry);
  const retrying = ({ status }: Application) => status?.operationState?.message?.includes('Retrying') === true;
  await becomes('application-hook-retrying', () => shop.application(), retrying);
});

it('a hook that fails for good looks as recorded', async () => {
  const shop = await failHook('hook-failed', { limit: 1, backoff: { duration: '1s' } });
  const failed = ({ status }: Application) => status?.operationState?.phase === 'Failed';
  await becomes('application-sync-error', () => shop.application(), failed);
});

async function failHook(name: string, retry: Readonly<Record<string, unknown>>): Promise<Shop> {
  const shop = await openShop(name, { hook: true, retry });
  await shop.until(healthy);
  await shop.set({ tag: 'v2', migration: 'failing-1' });
  await shop.application('normal');
  return shop;
}

it('an application that is synced by hand looks as recorded, and refuses a second sync while one runs', async () => {
  const shop = await openShop('by-hand', { automated: false, hook: true, migration: 'lasting-1' });
  const outOfSync = ({ status }: Application) => status?.sync?.status === 'OutOfSync';
  await becomes('application-out-of-sync', () => shop.application(), outOfSync);
  const sync = () => ask('/api/v1/applications/by-hand/sync', { method: 'POST', body: { name: 'by-hand' } });
  const [first, second] = [await sync(), await sync()];
  await same('application-sync-asked', first.body);
  expect([first.status, second.status]).toEqual([200, 400]);
  await same('error-sync-running', second.body);
  const running = ({ status }: Application) => status?.operationState?.phase === 'Running';
  await becomes('application-syncing', () => shop.application(), running);
});

it('an application of two sources looks as recorded', async () => {
  const other = await openShop('other-source', { automated: false });
  const shop = await openShop('two-sources', { spec: twoSources(other.repo) });
  await becomes('application-multi-source', () => shop.application(), healthy);
});

function twoSources(other: string): Readonly<Record<string, unknown>> {
  const repo = `${theCluster().git.url}/two-sources.git`;
  return {
    source: undefined,
    sources: [
      { repoURL: repo, targetRevision: 'main', ref: 'values' },
      { repoURL: other, targetRevision: 'main', path: 'main', helm: { valueFiles: ['$values/main/values.yaml'] } },
    ],
  };
}

it('who may not is refused as recorded', async () => {
  const { stranger } = theCluster().argocd.tokens;
  const gone = '/api/v1/applications/no-such-app';
  await same('error-no-token', await ask(gone, { token: '' }));
  await same('error-bad-token', await ask(gone, { token: 'nonsense' }));
  await same('error-forbidden', await ask(gone, { token: stranger }));
  await same('error-not-found', await ask(`${gone}?project=default`));
  await same('error-not-found-no-project', await ask(gone));
  const wrong = { username: 'admin', password: 'wrong' };
  await same('error-bad-login', await ask('/api/v1/session', { method: 'POST', body: wrong }));
  await same('userinfo', await told('/api/v1/session/userinfo'));
});

async function told(path: string): Promise<unknown> {
  return (await ask(path)).body;
}

async function firstFrame(path: string, accept: string): Promise<unknown> {
  return (await frames(path, accept, 1))[0];
}

async function lines(path: string, accept: string): Promise<unknown[]> {
  return frames(path, accept, Number.POSITIVE_INFINITY);
}

/** The JSON of a stream's first frames. */
async function frames(path: string, accept: string, count: number): Promise<unknown[]> {
  const { url, tokens } = theCluster().argocd;
  const over = new AbortController();
  const headers = { accept, authorization: `Bearer ${tokens.admin}` };
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(20_000)]);
  const response = await fetch(`${url}${path}`, { headers, signal });
  const found: unknown[] = [];
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    const whole = text.split('\n');
    text = whole.pop() ?? '';
    for (const line of whole) {
      const json = line.replace(/^data: ?/, '');
      if (json.startsWith('{')) found.push(JSON.parse(json));
    }
    if (found.length >= count) break;
  }
  over.abort();
  return found;
}
