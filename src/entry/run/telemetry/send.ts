import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { shownUrl, WireFailure } from '../../../wire/failure.ts';
import { limited, withGrace } from '../../../wire/grace.ts';
import { readBody } from '../../../wire/http.ts';
import { isPassingStatus, retry, retryAfterMs } from '../../../wire/retry.ts';
import { beginning } from '../../../wire/text/shorten.ts';
import type { Env, World } from '../../../wire/world.ts';
import { oneLine } from '../../show/printable.ts';
import { safePage } from '../../show/report/links.ts';
import { version } from '../version.ts';
import { metricsOf } from './metrics.ts';
import { type Attributes, type Collector, type Recorded, spansOf } from './spans.ts';

const stoppedMs = 1_500;

/** Sends a run as one trace, and what it counts. Answers why that failed, as the end of a sentence. */
export async function sendTelemetry(
  world: World,
  collector: Collector,
  recorded: Recorded,
  ms: number,
  clean: (text: string) => string,
): Promise<string | undefined> {
  const { env } = world;
  const resource = resourceFromAttributes({
    ...resourceIn(env),
    ...{ 'service.name': env.OTEL_SERVICE_NAME || 'tagboat', 'service.version': version },
  });
  const [spans, metrics] = [traceOf(recorded, env, resource, clean), await metricsOf(recorded, resource)];
  const isJson = collector.form === 'json';
  const bodies = [
    [collector.traces, (isJson ? JsonTraceSerializer : ProtobufTraceSerializer).serializeRequest(spans)] as const,
    [
      collector.metrics,
      (isJson ? JsonMetricsSerializer : ProtobufMetricsSerializer).serializeRequest(metrics),
    ] as const,
  ];
  return withGrace(stoppedMs, world, async (grace) => {
    const { signal, over } = limited(grace, ms, collector.traces);
    const sent = await Promise.allSettled(
      bodies.flatMap(([url, body]) => (body === undefined ? [] : [post(world, collector, url, body, signal)])),
    ).finally(over);
    const [lost] = sent.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    if (lost === undefined) return undefined;
    if (!(lost instanceof WireFailure)) return lost instanceof Error ? lost.message : String(lost);
    const said = lost.status === undefined ? '' : oneLine(clean(lost.peerText ?? ''));
    return said === '' ? lost.message : `${lost.message}: ${beginning(said, 200)}`;
  });
}

async function post(
  world: World,
  { headers, form }: Collector,
  url: string,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const type = form === 'json' ? 'application/json' : 'application/x-protobuf';
  const once = async (): Promise<void> => {
    const sent = { ...headers, 'content-type': type };
    const response = await world.http({ method: 'POST', url, headers: sent, body, signal, idleMs: 4_000 });
    const answer = await readBody(response, 64 * 1_024, 4_000);
    const { status } = response;
    if (status >= 200 && status < 300) return;
    // Protobuf has no words for people.
    const peerText = (response.headers['content-type'] ?? '').includes('protobuf')
      ? undefined
      : answer.toString('utf8');
    const after = retryAfterMs(response.headers, world.clock.now());
    throw new WireFailure('status', shownUrl(url), {
      status,
      peerText,
      retryable: isPassingStatus(status),
      retryAfterMs: after,
    });
  };
  await retry(once, { ...world, signal, notice: () => undefined }, { withinMs: 4_000 });
}

/** A run's spans below one that stands for all of it, itself below the CI's where that tells (W3C Trace Context). */
function traceOf(
  recorded: Recorded,
  env: Env,
  resource: ReturnType<typeof resourceFromAttributes>,
  clean: (text: string) => string,
) {
  const { command, source, startMs, endMs, exitCode, error } = recorded;
  const kept = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(kept)] });
  const tracer = provider.getTracer('tagboat', version);
  const above = parentIn(env.TRACEPARENT);
  const outer = above === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, above);
  const cancelled = exitCode === 130;
  const root = tracer.startSpan(
    `tagboat ${command}`,
    {
      startTime: startMs,
      attributes: present({
        ...{ 'cicd.pipeline.name': `tagboat ${command}`, 'cicd.pipeline.action.name': 'RUN' },
        'cicd.pipeline.run.id': env.GITHUB_RUN_ID ?? env.CI_PIPELINE_ID,
        'cicd.pipeline.run.url.full': safePage(source?.runUrl),
        'cicd.pipeline.result':
          exitCode === 0 ? 'success' : cancelled ? 'cancellation' : exitCode === 1 ? 'error' : 'failure',
        'vcs.repository.url.full': safePage(source?.url),
        ...{
          'vcs.ref.head.revision': source?.commit,
          'vcs.ref.head.type': source?.gitTag === undefined ? 'branch' : 'tag',
        },
        'vcs.ref.head.name': clean(source?.gitTag ?? source?.branch ?? '') || undefined,
        'vcs.change.id': source?.pullRequest === undefined ? undefined : String(source.pullRequest.number),
        ...{ 'process.exit.code': exitCode, 'error.type': error?.type },
      }),
    },
    outer,
  );
  if (error !== undefined) root.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  const within = trace.setSpan(outer, root);
  for (const one of [...spansOf(recorded.events), ...recorded.requests]) {
    const attributes = present({ ...one.attributes, 'error.type': one.error?.type });
    const kind = one.of === 'request' ? SpanKind.CLIENT : SpanKind.INTERNAL;
    const span = tracer.startSpan(one.name, { kind, startTime: one.startMs, attributes }, within);
    if (one.error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: one.error.message });
    span.end(one.endMs);
  }
  root.end(endMs);
  return kept.getFinishedSpans();
}

function present(attributes: Attributes): Record<string, string | number | string[]> {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

function parentIn(text = ''): { traceId: string; spanId: string; traceFlags: number; isRemote: true } | undefined {
  const [, traceId = '', spanId = '', flags = ''] =
    /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/.exec(text) ?? [];
  return traceId === '' ? undefined : { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

/** OTEL_RESOURCE_ATTRIBUTES, as far as it is a list of name=value. */
function resourceIn(env: Env): Record<string, string> {
  const pairs = (env.OTEL_RESOURCE_ATTRIBUTES ?? '').split(',').flatMap((pair): [string, string][] => {
    const [, name, value = ''] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    try {
      return name === undefined ? [] : [[name, decodeURIComponent(value)]];
    } catch {
      return [];
    }
  });
  return Object.fromEntries(pairs);
}
