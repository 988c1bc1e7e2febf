import { expect, it } from 'vitest';
import { resultOf } from '../../../support/cli.ts';
import { noHttpBackend } from '../../../support/git-host.ts';
import { otlpEndpoint, readOtlpJson } from '../../../support/otlp.ts';
import { noCollector, startCollector } from '../../../support/otlp-collector.ts';
import { scene } from '../../commands/see/scene.ts';

const missing = noHttpBackend ?? noCollector;
const note = missing === undefined ? '' : ` (skipped: ${missing})`;

it.skipIf(missing)(
  `the OpenTelemetry Collector takes in a run's trace and metrics, and hands on all of them${note}`,
  { timeout: 1_800_000 },
  async () => {
    const behind = await otlpEndpoint();
    const collector = await startCollector(behind.url);
    const { run, commit } = await scene();
    const subject = 'Open the shop <b>\u202eagain\u202c</b>';
    const newest = await commit(subject);
    const done = await run('commit', '--json', '--otlp', collector);
    expect(resultOf(done).errors).toEqual([]);
    expect(done.events.filter((event) => event.type === 'notice' && event.code === 'TELEMETRY_NOT_SENT')).toEqual([]);
    // It answers once it has taken them in, and hands them on behind that.
    const isThere = (signal: string): boolean => behind.requests.some(({ path }) => path === `/v1/${signal}`);
    await expect.poll(() => isThere('traces') && isThere('metrics'), { timeout: 120_000 }).toBe(true);
    const bodies = behind.requests.map(({ body }) => body.toString());
    const { resource, spans, metrics } = readOtlpJson(`[${bodies.join(',')}]`);
    expect(resource).toMatchObject({ 'service.name': 'tagboat' });
    const root = spans.find(({ name }) => name === 'tagboat commit');
    expect(root?.attributes).toMatchObject({
      ...{ 'vcs.ref.head.revision': newest, 'vcs.ref.head.name': 'main', 'cicd.pipeline.result': 'success' },
    });
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(spans.filter((span) => span !== root).every(({ parentSpanId }) => parentSpanId === root?.spanId)).toBe(true);
    expect(spans.find(({ name }) => name === 'land staging')?.attributes).toMatchObject({
      ...{ 'deployment.name': 'staging', 'deployment.status': 'succeeded' },
    });
    const named = Object.fromEntries(metrics.map((metric) => [metric.name, metric]));
    expect(named['tagboat.deployments']?.points).toMatchObject([
      { asInt: '1', of: { 'deployment.environment.name': 'staging' } },
    ]);
    expect(named['tagboat.deployment.lead_time']).toMatchObject({ unit: 's', points: [{ count: '1' }] });
  },
);
