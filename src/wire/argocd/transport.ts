import { shownUrl, WireFailure } from '../failure.ts';
import { isObject, jsonIn, optionalText, textAt } from '../fields.ts';
import { limited } from '../grace.ts';
import { type Http, type HttpResponse, readBody } from '../http.ts';
import { answerFailure, isPassingStatus, type Outage, type Patient, retry } from '../retry.ts';
import type { Secret } from '../secret.ts';
import { beginning } from '../text/shorten.ts';
import { jsonLines } from './lines.ts';

export interface TransportOptions extends Patient {
  readonly http: Http;
  /** Base without a slash at the end. */
  readonly url: string;
  /** The bearer token. Asked before each request; with `refused` after the server didn't take the last one. */
  readonly token: (refused: boolean) => Promise<Secret | undefined>;
  /** Tries of a request that reads, the first included. Default: by what failed. */
  readonly tries?: number | undefined;
  /** Nobody waits longer than this for one answer, milliseconds: what drips in never falls silent. */
  readonly longestMs?: number | undefined;
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Of a stream. Default: server-sent events, which no proxy holds back. */
  readonly accept?: string;
  /** Bytes of the answer. Default 32 MiB. */
  readonly limit?: number;
  readonly idleMs?: number;
  /** In all, the first included. Default: by what failed. */
  readonly tries?: number | undefined;
  readonly signal?: AbortSignal;
}

/** JSON over HTTP with a bearer token, as Argo CD's gateway and Kubernetes' API speak it. */
export interface Transport {
  readonly url: string;
  /** The answer's JSON. Reads are tried again where that may help. Throws WireFailure. */
  send(call: Call): Promise<unknown>;
  /** The answer as it is, for what isn't JSON. */
  text(call: Call): Promise<string>;
  /** Each value of a streamed answer; `opened` is called once the answer has begun. Returns when the stream ends. */
  stream(call: Call, tell: (value: unknown) => void, opened?: () => void): Promise<void>;
}

/** Who watches looks again, and tells what is waited for. */
const patienceMs = 20_000;
const usualLongestMs = 300_000;
const usualLimit = 32 * 1024 * 1024;
/** Longer silence than this on a stream may as well be a dead connection: it is opened again. */
const streamIdleMs = 120_000;

export function createTransport(options: TransportOptions): Transport {
  const { http, clock, signal, url, longestMs = usualLongestMs } = options;
  const outage: Outage = {};

  const exchange = async (
    call: Call,
    accept: string,
    idleMs: number,
    { trickles, refused }: { readonly trickles?: boolean | undefined; readonly refused?: boolean } = {},
  ): Promise<HttpResponse> => {
    const target = new URL(url + call.path);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      for (const one of value === undefined ? [] : [value].flat()) target.searchParams.append(name, one);
    }
    const token = await options.token(refused === true);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const response = await http({
      method: call.method ?? 'GET',
      url: target,
      headers: {
        accept,
        ...(token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }),
        ...(body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
      },
      body,
      signal: call.signal ?? signal,
      idleMs,
      trickles,
    });
    if (response.status < 300) return response;
    // A token may have ended since it was fetched; a new one is asked for once.
    if (response.status === 401 && refused !== true && token !== undefined) {
      response.body.destroy();
      return exchange(call, accept, idleMs, { trickles, refused: true });
    }
    throw await failureOf(response, clock.now());
  };

  const read = <T>(call: Call, accept: string, take: (response: HttpResponse) => Promise<T>): Promise<T> => {
    const once = async (): Promise<T> => {
      const limit = limited(call.signal ?? signal, longestMs, url + call.path);
      try {
        return await take(await exchange({ ...call, signal: limit.signal }, accept, call.idleMs ?? 30_000));
      } finally {
        limit.over();
      }
    };
    if ((call.method ?? 'GET') !== 'GET') return once();
    return retry(once, options, {
      signal: call.signal,
      tries: call.tries ?? options.tries,
      withinMs: Math.min(patienceMs, longestMs),
      outage,
    });
  };
  const whole = (call: Call, response: HttpResponse) => readBody(response, call.limit ?? usualLimit);

  return {
    url,
    send: (call) => read(call, 'application/json', async (response) => parsed(await whole(call, response), response)),
    text: (call) => read(call, '*/*', async (response) => (await whole(call, response)).toString('utf8')),
    stream: async (call, tell, opened) => {
      const response = await exchange(call, call.accept ?? 'text/event-stream', streamIdleMs, { trickles: true });
      opened?.();
      try {
        const lines = jsonLines(response.body as AsyncIterable<Buffer>, {
          url: response.url,
          limit: call.limit ?? usualLimit,
        });
        for await (const value of lines) {
          // The gateway reports what goes wrong in mid-stream as a value of its own.
          if (isObject(value) && isObject(value.error)) throw streamFailure(value.error, response.url);
          tell(value);
        }
      } finally {
        response.body.destroy();
      }
    },
  };
}

function parsed(body: Buffer, response: HttpResponse): unknown {
  const value = jsonIn(body.toString('utf8'));
  if (value !== undefined) return value;
  const what = response.headers['content-type'] ?? 'something without a type';
  const message = `${response.url} answered with ${what} and not with JSON`;
  throw new WireFailure('malformed', response.url, { message });
}

async function failureOf(response: HttpResponse, now: number): Promise<WireFailure> {
  const { status, url, headers } = response;
  const text = (await readBody(response, 64 * 1024).catch(() => Buffer.alloc(0))).toString('utf8');
  if (status < 400) {
    return new WireFailure('malformed', url, {
      status,
      message: `${url} redirects elsewhere (${shownUrl(headers.location ?? '')})`,
    });
  }
  const own = ownAnswer(text);
  // An ingress without a backend says 404 too. That nothing is there is believed of the API itself alone.
  if (status === 404 && own === undefined) {
    const what = headers['content-type'] ?? 'something without a type';
    return new WireFailure('malformed', url, {
      status,
      message: `${url} answered 404 with ${what}, which isn't the API's own word`,
      retryable: true,
    });
  }
  const words = own ?? (text.includes('<') ? 'a page of HTML' : beginning(text.trim(), 500));
  return answerFailure({ status, headers, url }, now, { text: words });
}

/** The words of `{"error", "code", "message"}` of the gateway, or of Kubernetes' Status; undefined for anything else. */
function ownAnswer(text: string): string | undefined {
  const value = jsonIn(text);
  return optionalText(value, 'message') ?? optionalText(value, 'error');
}

function streamFailure(error: unknown, url: string): WireFailure {
  const status = isObject(error) && typeof error.http_code === 'number' ? error.http_code : 500;
  return new WireFailure('status', url, {
    status,
    peerText: textAt(error, 'message'),
    retryable: isPassingStatus(status),
  });
}
