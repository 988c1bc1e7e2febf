import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { hasProgram } from './docker-registry.ts';

const program = join(import.meta.dirname, '../../node_modules/.cache/tagboat-otlp-reader/reader');

/** Why the Collector's reader can't be asked, or undefined: it is built the first time, with what Go fetches for it. */
export function noCollectorReader(): string | undefined {
  if (existsSync(program)) return undefined;
  if (!hasProgram('go')) return "Go is missing, with which the Collector's reader of OTLP is built; https://go.dev";
  const half = `${program}.${process.pid}`;
  mkdirSync(join(program, '..'), { recursive: true });
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' };
  const cwd = join(import.meta.dirname, 'otlp-reader');
  const built = spawnSync('go', ['build', '-o', half, '.'], { cwd, env, encoding: 'utf8' });
  if (built.status !== 0) {
    rmSync(half, { force: true });
    return `go build ended with ${built.status}: ${built.stderr.split('\n')[0]}`;
  }
  renameSync(half, program);
  return undefined;
}

export interface OtlpRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface OtlpEndpoint {
  readonly url: string;
  readonly requests: readonly OtlpRequest[];
}

/** An OTLP endpoint on loopback that keeps what it is sent; `answer` says with which status, 0 for never. */
export async function otlpEndpoint(answer: (nth: number) => number = () => 200): Promise<OtlpEndpoint> {
  const requests: OtlpRequest[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    requests.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) });
    const status = answer(requests.length);
    if (status !== 0) response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

interface Value {
  readonly stringValue?: string;
  readonly intValue?: string;
  readonly arrayValue?: { readonly values: readonly Value[] };
}
interface KeyValue {
  readonly key: string;
  readonly value: Value;
}
interface RawSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly KeyValue[];
  readonly status?: { readonly code?: number; readonly message?: string };
}
interface RawPoint {
  readonly attributes?: readonly KeyValue[];
  readonly asInt?: string;
  readonly asDouble?: number;
  readonly count?: string;
  readonly sum?: number;
}
interface RawMetric {
  readonly name: string;
  readonly unit?: string;
  readonly sum?: { readonly dataPoints: readonly RawPoint[]; readonly aggregationTemporality: number };
  readonly histogram?: { readonly dataPoints: readonly RawPoint[]; readonly aggregationTemporality: number };
}

type Plain = Readonly<Record<string, unknown>>;
export interface ReadSpan extends Omit<RawSpan, 'attributes'> {
  readonly attributes: Plain;
}

const plainOf = (value: Value): unknown =>
  value.arrayValue?.values.map(plainOf) ??
  value.stringValue ??
  (value.intValue === undefined ? value : Number(value.intValue));
const attributesOf = (pairs: readonly KeyValue[] = []): Plain =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, plainOf(value)]));

export interface ReadTelemetry {
  readonly resource: Plain;
  readonly spans: readonly ReadSpan[];
  readonly metrics: readonly (RawMetric & { readonly points: readonly (RawPoint & { readonly of: Plain })[] })[];
  readonly text: string;
}

/** What the Collector makes of requests in Protobuf: its own reader of them (pdata), in its JSON. Throws what it refuses. */
export function readByCollector(requests: readonly OtlpRequest[]): ReadTelemetry {
  const input = JSON.stringify(
    requests.map(({ path, body }) => ({ Signal: path.split('/').at(-1), Body: body.toString('base64') })),
  );
  const done = spawnSync(program, [], { input, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (done.status !== 0) throw new Error(`the Collector's reader refuses it: ${done.stderr}`);
  return readOtlpJson(done.stdout);
}

/** A list of requests as the Collector writes them in JSON. */
export function readOtlpJson(text: string): ReadTelemetry {
  const read = JSON.parse(text) as {
    readonly resourceSpans?: readonly {
      readonly resource: { readonly attributes: readonly KeyValue[] };
      readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[];
    }[];
    readonly resourceMetrics?: readonly {
      readonly scopeMetrics: readonly { readonly metrics: readonly RawMetric[] }[];
    }[];
  }[];
  const spans = read.flatMap(({ resourceSpans = [] }) => resourceSpans);
  const metrics = read.flatMap(({ resourceMetrics = [] }) => resourceMetrics);
  return {
    resource: attributesOf(spans[0]?.resource.attributes),
    spans: spans
      .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
      .map((span) => ({ ...span, attributes: attributesOf(span.attributes) })),
    metrics: metrics
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
      .map((metric) => ({
        ...metric,
        points:
          (metric.sum ?? metric.histogram)?.dataPoints.map((one) => ({ ...one, of: attributesOf(one.attributes) })) ??
          [],
      })),
    text,
  };
}
