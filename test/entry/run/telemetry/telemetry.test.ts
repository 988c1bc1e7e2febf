import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { type Harbour, harbour } from '../../../support/argocd.ts';
import { type CliOptions, type CliResult, cli } from '../../../support/cli.ts';
import { git, noHttpBackend, tempDir } from '../../../support/git-host.ts';
import { noCollectorReader, type OtlpEndpoint, otlpEndpoint, readByCollector } from '../../../support/otlp.ts';

const missing = noHttpBackend ?? noCollectorReader();
const title = (text: string): string => (missing === undefined ? text : `${text} (skipped: ${missing})`);

const planted = {
  token: 'planted-argocd-token-0123456789',
  header: 'planted-otlp-header-0123456789',
  hook: 'planted-hook-path-0123456789abc',
  key: 'planted-hook-key-0123456789abcd',
};

interface Shop {
  readonly place: Harbour;
  readonly app: string;
  readonly commit: string;
  readonly deliver: (args: readonly string[], options?: CliOptions) => Promise<CliResult>;
}

/** An app repo whose delivery is followed in Argo CD, and a hook that answers with what it was asked. */
async function shop(): Promise<Shop> {
  const place = await harbour({ tokens: { [planted.token]: { get: true } } });
  const app = await tempDir();
  await mkdir(app, { recursive: true });
  const config = `argocd: { server: "${place.argocd.url}", timeout: 5m, settle: 1s }
deliveries:
  staging:
    repo: ${place.repo}
    from: main
    set: { main/values.yaml: { .front.imageTag: "{commit}" } }
    application: front
notify:
  - { url: "$\{HOOK}", secret: HOOK_KEY }
`;
  await writeFile(join(app, 'tagboat.yaml'), config);
  await git(app, 'init', '--quiet', '--initial-branch=main');
  await git(app, 'add', '.');
  await git(
    app,
    '-c',
    'user.name=Ada',
    '-c',
    'user.email=ada@example.test',
    'commit',
    '--quiet',
    '-m',
    'Open the shop',
  );
  const commit = (await git(app, 'rev-parse', 'HEAD')).trim();
  const deliver: Shop['deliver'] = (args, options = {}) => {
    const env = {
      ARGOCD_AUTH_TOKEN: planted.token,
      HOOK: `${place.argocd.url}/${planted.hook}?token=${planted.hook}`,
      HOOK_KEY: planted.key,
      ...options.env,
    };
    return cli(['commit', '--json', ...args], { cwd: app, ...options, env });
  };
  return { place, app, commit, deliver };
}

const unsent = ({ events }: CliResult): string[] =>
  events.flatMap((event) => (event.type === 'notice' && event.code === 'TELEMETRY_NOT_SENT' ? [event.message] : []));

it.skipIf(missing)(title("a run is one trace that the Collector's own reader takes, below the CI's"), async () => {
  const collector = await otlpEndpoint((nth) => (nth === 1 ? 503 : 200));
  const { deliver, commit } = await shop();
  const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  const done = await deliver(['--otlp', `${collector.url}/otlp/`], {
    env: {
      TRACEPARENT: `00-${traceId}-${spanId}-01`,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${planted.header},x-scope=shop`,
      OTEL_RESOURCE_ATTRIBUTES: 'team=payments',
      GITHUB_RUN_ID: '17',
    },
  });
  expect({ code: done.code, unsent: unsent(done) }).toEqual({ code: 0, unsent: [] });
  const [, ...taken] = collector.requests;
  expect(taken.map(({ path }) => path).sort()).toEqual(['/otlp/v1/metrics', '/otlp/v1/traces']);
  expect(taken[0]?.headers).toMatchObject({ authorization: `Bearer ${planted.header}`, 'x-scope': 'shop' });
  const { resource, spans, metrics, text } = readByCollector(taken);
  expect(resource).toMatchObject({ 'service.name': 'tagboat', team: 'payments' });
  const root = spans.find(({ parentSpanId }) => parentSpanId === spanId);
  expect(root).toMatchObject({
    name: 'tagboat commit',
    attributes: {
      ...{ 'vcs.ref.head.revision': commit, 'vcs.ref.head.name': 'main', 'cicd.pipeline.result': 'success' },
      'cicd.pipeline.run.id': '17',
    },
  });
  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
  expect(spans.filter((span) => span !== root).every(({ parentSpanId }) => parentSpanId === root?.spanId)).toBe(true);
  for (const { name, startTimeUnixNano, endTimeUnixNano } of spans)
    expect(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano), name).toBe(true);
  expect(spans.find(({ name }) => name === 'land staging')?.attributes).toMatchObject({
    ...{ 'deployment.name': 'staging', 'deployment.status': 'succeeded', 'tagboat.outcome': 'landed' },
    'cicd.pipeline.task.type': 'deploy',
  });
  expect(spans.find(({ name }) => name === 'wait front')?.attributes).toMatchObject({ 'tagboat.outcome': 'healthy' });
  const push = spans.find(({ attributes }) => String(attributes['url.full']).endsWith('/git-receive-pack'));
  expect(push).toMatchObject({ name: 'POST', kind: 3, attributes: { 'http.response.status_code': 200 } });
  const named = Object.fromEntries(metrics.map((metric) => [metric.name, metric]));
  expect(named['tagboat.deployments']).toMatchObject({
    sum: { aggregationTemporality: 1 },
    points: [{ asInt: '1', of: { 'deployment.environment.name': 'staging', 'tagboat.outcome': 'healthy' } }],
  });
  expect(named['tagboat.deployment.lead_time']).toMatchObject({ unit: 's', points: [{ count: '1' }] });
  expect(named['cicd.pipeline.run.duration']?.points[0]?.of).toMatchObject({ 'cicd.pipeline.result': 'success' });
  // What was planted is told neither there nor on the screen.
  for (const secret of Object.values(planted)) {
    expect(text).not.toContain(secret);
    expect(done.stdout + done.stderr).not.toContain(secret);
  }
});

it.skipIf(missing)(title('a delivery that is rolled back is a failure with a time to restore'), async () => {
  const collector = await otlpEndpoint();
  const { deliver, app, place } = await shop();
  const config = readFileSync(join(app, 'tagboat.yaml'), 'utf8');
  await writeFile(
    join(app, 'tagboat.yaml'),
    config.replace('application: front', 'application: front\n    onUnhealthy: rollback'),
  );
  place.argocd.app('front').mishaps.degraded = 'exceeded its progress deadline';
  const done = await deliver(['--otlp', collector.url]);
  expect(done.code).toBe(7);
  const { spans, metrics } = readByCollector(collector.requests);
  expect(spans.find(({ name }) => name === 'tagboat commit')).toMatchObject({ status: { code: 2 } });
  const named = Object.fromEntries(metrics.map((metric) => [metric.name, metric]));
  expect(named['tagboat.deployments']?.points[0]?.of['tagboat.outcome']).toBe('rolledBack');
  expect(named['tagboat.deployment.failures']?.points).toMatchObject([{ asInt: '1' }]);
  expect(named['tagboat.deployment.restore_time']?.points).toMatchObject([{ count: '1' }]);
  expect(named['tagboat.deployment.lead_time']?.points ?? []).toEqual([]);
});

it.skipIf(noHttpBackend)(
  'a collector that fails fails no run, is told once, and holds it for no longer than it may',
  async () => {
    const { deliver } = await shop();
    const ends: [OtlpEndpoint, RegExp][] = [
      [await otlpEndpoint(() => 403), /^No traces and metrics were sent: .*answered 403\.$/],
      [await otlpEndpoint(() => 0), /^No traces and metrics were sent: .*was silent|still sending/],
    ];
    for (const [collector, words] of ends) {
      const done = await deliver([], { env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
      expect(done.code).toBe(0);
      expect(unsent(done)).toEqual([expect.stringMatching(words)]);
      expect(done.events.at(-1)?.type).toBe('result');
    }
  },
);

it.skipIf(noHttpBackend).each([
  ['no URL', { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' }, /must be a URL/],
  [
    'another protocol',
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    /grpc/,
  ],
  [
    'headers that are none',
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_HEADERS: planted.header },
    /is no list/,
  ],
  [
    'a token for a host by plain http',
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example', OTEL_EXPORTER_OTLP_HEADERS: `a=${planted.header}` },
    /plain http/,
  ],
])('what the environment says wrong is told and stops nothing: %s', async (_, env, words) => {
  const { deliver } = await shop();
  const done = await deliver([], { env });
  expect({ code: done.code, unsent: unsent(done) }).toEqual({ code: 0, unsent: [expect.stringMatching(words)] });
  expect(done.stdout + done.stderr).not.toContain(planted.header);
});

it('an address on the command line that is none is refused before anything is done', async () => {
  for (const url of ['collector', 'https://me:secret@collector.example', 'ftp://x']) {
    const done = await cli(['commit', '--json', '--otlp', url]);
    expect(done.code).toBe(2);
    expect(done.events.at(-1)).toMatchObject({ errors: [{ code: 'USAGE' }] });
  }
});

it('the dashboard for Grafana asks for metrics and labels that a run sends, by their names in Prometheus', async () => {
  const dashboard = readFileSync(resolve(import.meta.dirname, '../../../../docs/grafana.json'), 'utf8');
  const asked = [...dashboard.matchAll(/\\?"expr\\?": "((?:[^"\\]|\\.)*)"/g)].map(
    ([, text = '']) => JSON.parse(`"${text}"`) as string,
  );
  expect(asked.length).toBeGreaterThan(5);
  const source = readFileSync(resolve(import.meta.dirname, '../../../../src/entry/run/telemetry/metrics.ts'), 'utf8');
  const flat = (name: string): string => name.replaceAll('.', '_');
  const names = [...source.matchAll(/(seconds|createCounter)\(\s*'([\w.]+)'/g)].flatMap(([, kind, name = '']) =>
    kind === 'seconds'
      ? ['bucket', 'count', 'sum'].map((part) => `${flat(name)}_seconds_${part}`)
      : [`${flat(name)}_total`],
  );
  const labels = [...source.matchAll(/'((?:deployment|tagboat|cicd|error)\.[\w.]+)':/g)].map(([, name = '']) =>
    flat(name),
  );
  expect(names.length).toBeGreaterThan(8);
  const words = asked.flatMap((text) => text.replace(/"[^"]*"|\$\w+|\[[^\]]*\]/g, '').match(/[a-z]\w*_\w+/g) ?? []);
  const known = [...names, ...labels, 'histogram_quantile', 'label_values'];
  expect([...new Set(words)].filter((word) => !known.includes(word))).toEqual([]);
});
