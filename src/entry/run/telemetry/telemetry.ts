import { usageError } from '../../../errors.ts';
import type { Event } from '../../../events.ts';
import type { Source } from '../../../plan.ts';
import { shownUrl, WireFailure } from '../../../wire/failure.ts';
import type { Http } from '../../../wire/http.ts';
import { isLoopback } from '../../../wire/oci/reference.ts';
import type { Env, World } from '../../../wire/world.ts';
import { oneLine } from '../../show/printable.ts';
import type { Ending } from '../stopping.ts';
import type { Collector, Recorded, SpanRecord } from './spans.ts';

export interface Telemetry {
  readonly tell: (event: Event) => void;
  readonly of: (source: Source | undefined) => void;
  /** The same http; each request is a span. */
  readonly following: (http: Http) => Http;
  /** Sends it. Answers why that failed; never throws, and takes some seconds at most. */
  readonly finish: (
    world: World,
    ending: Pick<Ending, 'errors'> & { readonly exitCode: number },
  ) => Promise<string | undefined>;
}

/** Of a run that waits for hours, more requests than this are not told one by one. */
const mostRequests = 2_000;
const inAllMs = 5_000;
/** What is left of a stopped run. */
const stoppedMs = 1_500;

/** Where to send, as --otlp or the environment says; a word why not where that is no place that we can send to. */
function collectorIn(given: string | undefined, env: Env, mask: World['mask']): Collector | string {
  const why = whyNoCollector(given ?? env.OTEL_EXPORTER_OTLP_ENDPOINT ?? '');
  if (why !== undefined) return `${given === undefined ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : '--otlp'} must be ${why}`;
  const protocol = env.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/protobuf';
  if (protocol !== 'http/protobuf' && protocol !== 'http/json')
    return `OTEL_EXPORTER_OTLP_PROTOCOL is ${oneLine(protocol)}, and only http/protobuf and http/json are spoken`;
  const headers = headersIn(env.OTEL_EXPORTER_OTLP_HEADERS ?? '');
  if (headers === undefined) return 'OTEL_EXPORTER_OTLP_HEADERS is no list of name=value';
  for (const value of Object.values(headers)) for (const part of [value, value.split(' ').at(-1) ?? '']) mask(part);
  const { origin, host, protocol: scheme, pathname } = new URL(given ?? env.OTEL_EXPORTER_OTLP_ENDPOINT ?? '');
  if (Object.keys(headers).length > 0 && scheme === 'http:' && !isLoopback(host))
    return 'OTEL_EXPORTER_OTLP_HEADERS are not sent by plain http';
  const at = (signal: string): string => `${origin}${pathname.replace(/\/+$/, '')}/v1/${signal}`;
  const form = protocol === 'http/json' ? 'json' : 'protobuf';
  return { traces: at('traces'), metrics: at('metrics'), headers, form };
}

function whyNoCollector(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return 'a URL such as https://collector.example.com:4318';
  const { username, password, search, hash } = new URL(text);
  if (username !== '' || password !== '') return 'a URL without a password: OTEL_EXPORTER_OTLP_HEADERS is for it';
  return search === '' && hash === '' ? undefined : 'a URL without "?" and "#"';
}

/** As W3C's baggage writes it: `name=value,name=value`, values in percent. */
function headersIn(text: string): Record<string, string> | undefined {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  const read = pairs.map((pair) => {
    const [, name, value] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    if (name === undefined || value === undefined) return undefined;
    try {
      const plain = decodeURIComponent(value);
      return /[^\t\x20-\x7e]/.test(plain) ? undefined : ([name.toLowerCase(), plain] as const);
    } catch {
      return undefined;
    }
  });
  const whole = read.filter((pair) => pair !== undefined);
  return whole.length === pairs.length ? Object.fromEntries(whole) : undefined;
}

/**
 * Follows one run. Texts of events come without secrets; `clean` takes them out of what requests tell. Throws USAGE for an
 * address of the command line that is none; what the environment says wrong is told at the end.
 */
export function openTelemetry(
  command: string,
  given: string | undefined,
  { env, mask, clean }: Pick<World, 'env' | 'mask'> & { readonly clean: (text: string) => string },
): Telemetry {
  const collector = collectorIn(given, env, mask);
  if (typeof collector === 'string' && given !== undefined) throw usageError(`${collector}.`, command);
  const events: Event[] = [];
  const requests: SpanRecord[] = [];
  const startMs = Date.now();
  let source: Source | undefined;
  return {
    tell: (event) => {
      if (!['image.log', 'image.progress', 'verdict.progress', 'notice'].includes(event.type)) events.push(event);
    },
    of: (found) => {
      source = found;
    },
    following: (http) => async (request) => {
      const began = Date.now();
      const { hostname, port, protocol } = new URL(request.url);
      const method = request.method ?? 'GET';
      const add = (status: number | undefined, failure: string | undefined): void => {
        if (requests.length >= mostRequests) return;
        const error = failure === undefined ? undefined : { type: failure, message: failure };
        const attributes = {
          ...{ 'http.request.method': method, 'url.full': clean(shownUrl(request.url)), 'server.address': hostname },
          ...{ 'server.port': Number(port) || (protocol === 'http:' ? 80 : 443), 'http.response.status_code': status },
        };
        requests.push({ name: method, of: 'request', startMs: began, endMs: Date.now(), attributes, error });
      };
      try {
        const response = await http(request);
        response.body.once('close', () =>
          add(response.status, response.status >= 400 ? `${response.status}` : undefined),
        );
        return response;
      } catch (error) {
        add(undefined, error instanceof WireFailure ? error.kind : 'aborted');
        throw error;
      }
    },
    finish: async (world, { exitCode, errors = [] }) => {
      if (typeof collector === 'string') return collector;
      const [first] = errors;
      const error = first && { type: first.code, message: clean(first.message) };
      const endMs = Date.now();
      const recorded: Recorded = { command, startMs, endMs, exitCode, error, source, events, requests };
      const ms = world.signal.aborted ? stoppedMs : inAllMs;
      const { sendTelemetry } = await import('./send.ts');
      return sendTelemetry(world, collector, recorded, ms, clean);
    },
  };
}
