import { ValueType } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import { AggregationTemporality, MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { badEnds, delivering } from '../../../plan/outcome.ts';
import { deliveryEndOf } from '../notify/ends.ts';
import { version } from '../version.ts';
import type { Recorded } from './spans.ts';

/** Seconds: from what a job takes to what lies for weeks. */
const buckets = [30, 60, 120, 300, 600, 1_800, 3_600, 14_400, 86_400, 259_200, 604_800, 2_592_000];

/** Delta: each run is a process of its own, and what it adds is all that it knows. */
class OnceReader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.DELTA });
  }
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** The four measures of DORA as far as one run tells, and how long it took. */
export async function metricsOf(recorded: Recorded, resource: Resource): Promise<ResourceMetrics> {
  const { command, events, source, startMs, endMs, exitCode, error } = recorded;
  const reader = new OnceReader();
  const meter = new MeterProvider({ resource, readers: [reader] }).getMeter('tagboat', version);
  const seconds = (name: string, description: string) =>
    meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries: buckets } });
  const run = seconds('cicd.pipeline.run.duration', 'How long a run took.');
  const deployments = meter.createCounter('tagboat.deployments', {
    ...{ unit: '{deployment}', valueType: ValueType.INT },
    description: 'Deliveries that ended, by their outcome.',
  });
  const failures = meter.createCounter('tagboat.deployment.failures', {
    ...{ unit: '{deployment}', valueType: ValueType.INT },
    description: 'Deliveries that landed and came out bad, or were rolled back.',
  });
  const lead = seconds('tagboat.deployment.lead_time', "From the app repo's commit to healthy, or landed.");
  const restore = seconds(
    'tagboat.deployment.restore_time',
    'From the landing of what failed to that of its rollback.',
  );

  const result = exitCode === 0 ? 'success' : exitCode === 130 ? 'cancellation' : exitCode === 1 ? 'error' : 'failure';
  run.record((endMs - startMs) / 1_000, {
    ...{ 'cicd.pipeline.name': `tagboat ${command}`, 'cicd.pipeline.result': result },
    ...(error === undefined ? {} : { 'error.type': error.type }),
  });
  const landings = events.flatMap((event) =>
    event.type === 'commit.finished' && delivering.includes(command) ? [event] : [],
  );
  for (const name of new Set(landings.map(({ delivery }) => delivery))) {
    const end = deliveryEndOf({ name, deploy: undefined }, events, []);
    if (end === undefined) continue;
    const of = { 'deployment.environment.name': name };
    deployments.add(1, { ...of, 'tagboat.outcome': end.is });
    const own = landings.filter(({ delivery, outcome }) => delivery === name && outcome.is === 'landed');
    const [first, back] = own;
    if (first === undefined) continue;
    if (end.is === 'rolledBack' || badEnds.includes(end.is)) failures.add(1, of);
    if (end.is === 'rolledBack' && back !== undefined)
      restore.record((Date.parse(back.at) - Date.parse(first.at)) / 1_000, of);
    const ended = events.findLast((event) => 'delivery' in event && event.delivery === name);
    const took = (Date.parse(ended?.at ?? '') - Date.parse(source?.committedAt ?? '')) / 1_000;
    // Somebody's clock may be ahead; what is promoted or put back is of another commit.
    const isOurs = command === 'ship' || command === 'commit';
    if (isOurs && (end.is === 'healthy' || end.is === 'landed') && took >= 0) lead.record(took, of);
  }
  const { resourceMetrics } = await reader.collect();
  return resourceMetrics;
}
