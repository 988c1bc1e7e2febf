import { expect, it } from 'vitest';
import { callArgocd } from '../support/cluster/argocd-api.ts';
import { pathOf } from '../support/cluster/kube.ts';
import { same } from '../support/cluster/recorded.ts';
import { type Application, openShop, theCluster } from '../support/cluster/shop.ts';

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

it('an application that is well looks as recorded, in an answer, in a list and in both kinds of stream', async () => {
  const shop = await openShop('well');
  await shop.until(healthy);
  await shop.application('normal');
  await same('application-healthy', await shop.application());
  await same('applications', (await ask('/api/v1/applications?projects=default')).body);
  await same('resource-tree-healthy', (await ask('/api/v1/applications/well/resource-tree')).body);
  await same('stream-lines', await firstFrame('/api/v1/stream/applications?name=well', 'application/json'));
  await same('stream-events', await firstFrame('/api/v1/stream/applications?name=well', 'text/event-stream'));
  await same('syncwindows', (await ask('/api/v1/applications/well/syncwindows')).body);
  const metadata = await ask(
    `/api/v1/applications/well/revisions/${(await shop.application()).status?.sync?.revision}/metadata`,
  );
  await same('revision-metadata', metadata.body);
});

it('an application on its way looks as recorded', async () => {
  const shop = await openShop('underway', { readyAfter: '1h' });
  const progressing = ({ status }: Application) =>
    status?.health?.status === 'Progressing' && status.summary?.images !== undefined;
  await same('application-progressing', await shop.until(progressing));
});

it('an image that crashes shows its health, tree, events and log as recorded', async () => {
  const shop = await openShop('crash');
  await shop.until(healthy);
  await shop.set({ tag: 'crashing-1' });
  await shop.application('normal');
  await same('application-degraded', await shop.until(({ status }) => status?.health?.status === 'Degraded'));
  await same('stored-application-degraded', await shop.kube.read(pathOf(shop.object)));
  const tree = (await ask('/api/v1/applications/crash/resource-tree')).body as Tree;
  await same('resource-tree-degraded', tree);
  const pod = tree.nodes.find(({ kind, health }) => kind === 'Pod' && health?.status !== 'Healthy');
  if (pod === undefined) throw new Error('no bad pod in the tree');
  const events = `resourceUID=${pod.uid}&resourceNamespace=${pod.namespace}&resourceName=${pod.name}`;
  await same('events', (await ask(`/api/v1/applications/crash/events?${events}`)).body);
  const logs = `namespace=${pod.namespace}&podName=${pod.name}&container=front&tailLines=10&previous=true`;
  await same('logs', await lines(`/api/v1/applications/crash/logs?${logs}`, 'application/json'));
});

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
  await shop.until(({ status }) => status?.health?.status === 'Degraded');
  await same('resource-tree-missing-image', (await ask('/api/v1/applications/missing/resource-tree')).body);
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
  await same('application-comparison-error', await shop.until(has));
});

it('a hook that fails looks as recorded', async () => {
  const shop = await openShop('hook', { hook: true, retry: { limit: 1, backoff: { duration: '3s' } } });
  await shop.until(healthy);
  await shop.set({ tag: 'v2', migration: 'failing-1' });
  await shop.application('normal');
  const retrying = await shop.until(({ status }) => status?.operationState?.message?.includes('Retrying') === true);
  await same('application-hook-retrying', retrying);
  // Argo CD writes the phase Failed first, and the condition a moment later.
  const has = ({ status }: Application) => status?.conditions?.some(({ type }) => type === 'SyncError') === true;
  await same('application-sync-error', await shop.until(has));
});

it('an application that is synced by hand looks as recorded, and refuses a second sync while one runs', async () => {
  const shop = await openShop('by-hand', { automated: false, hook: true, readyAfter: '1h' });
  await same('application-out-of-sync', await shop.until(({ status }) => status?.sync?.status === 'OutOfSync'));
  const sync = () => ask('/api/v1/applications/by-hand/sync', { method: 'POST', body: { name: 'by-hand' } });
  const [first, second] = [await sync(), await sync()];
  await same('application-sync-asked', first.body);
  expect([first.status, second.status]).toEqual([200, 400]);
  await same('error-sync-running', second.body);
  await same('application-syncing', await shop.until(({ status }) => status?.operationState?.phase === 'Running'));
});

it('an application of two sources looks as recorded', async () => {
  const other = await openShop('other-source', { automated: false });
  const shop = await openShop('two-sources', { spec: twoSources(other.repo) });
  await same('application-multi-source', await shop.until(healthy));
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
  const answers = {
    'error-no-token': await ask(gone, { token: '' }),
    'error-bad-token': await ask(gone, { token: 'nonsense' }),
    'error-forbidden': await ask(gone, { token: stranger }),
    'error-not-found': await ask(`${gone}?project=default`),
    'error-not-found-no-project': await ask(gone),
    'error-bad-login': await ask('/api/v1/session', { method: 'POST', body: { username: 'admin', password: 'wrong' } }),
  };
  for (const [name, { status, body }] of Object.entries(answers)) await same(name, { status, body });
  await same('userinfo', (await ask('/api/v1/session/userinfo')).body);
});

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
  const response = await fetch(`${url}${path}`, { headers, signal: over.signal });
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
