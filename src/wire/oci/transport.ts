import type { Readable } from 'node:stream';
import { shownUrl, WireFailure, wrongAnswer } from '../failure.ts';
import { type Http, type HttpRequest, type HttpResponse, readBody } from '../http.ts';
import {
  isPassingStatus,
  type Outage,
  type Patience,
  type Patient,
  patienceOf,
  retry,
  retryAfterMs,
} from '../retry.ts';
import type { OciAuth } from './auth/auth.ts';
import type { TokenScope } from './auth/credential.ts';
import { OciFailure, readRefusal } from './failure.ts';

export interface OciRequest {
  readonly method: NonNullable<HttpRequest['method']>;
  /** A path of the registry's, or the whole URL that it gave. */
  readonly to: string | URL;
  readonly scopes: readonly TokenScope[];
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is made anew for each try. */
  readonly body?: Uint8Array | (() => Readable);
  /** The statuses that are answers; all others are failures. */
  readonly expect: readonly number[];
  /** Doing it twice is no different from doing it once. Otherwise only what was surely not done is tried again. */
  readonly repeat: boolean;
  readonly idleMs?: number;
  /** Tries of it in place of the transport's own, for what can be done without. */
  readonly tries?: number | undefined;
  /** Ends this request in place of the transport's own signal, for what is done after a stop. */
  readonly signal?: AbortSignal;
}

/** An answer with the whole URL that it came from, for what is relative to it. */
export interface OciResponse extends HttpResponse {
  readonly from: URL;
}

/** Requests to one registry: authorized, redirected, tried again, and with failures in the spec's words. */
export interface OciTransport extends Patient {
  readonly host: string;
  readonly origin: string;
  /** Sends and has the answer read; a failure while reading is tried again too. Throws OciFailure. */
  send<T>(request: OciRequest, read: (response: OciResponse) => Promise<T>): Promise<T>;
  /** How far the registry's failures are borne by a loop of requests. */
  patience(worth?: (error: unknown) => boolean): Patience;
  /** A URL that an answer gave, made absolute and checked. Throws WireFailure. */
  resolve(location: string | undefined, from: URL): URL;
}

/** One repository of a registry. */
export interface OciRepository {
  readonly transport: OciTransport;
  readonly name: string;
}

export interface OciTransportOptions extends Patient {
  readonly http: Http;
  readonly host: string;
  readonly origin: string;
  readonly auth: OciAuth;
  /** Tries of one request in place of the usual ones. */
  readonly maxTries?: number | undefined;
}

const redirects = [301, 302, 303, 307, 308];
const maxRedirects = 5;

/** A transport over http and auth. */
export function createOciTransport(options: OciTransportOptions): OciTransport {
  const { http, clock, random, signal, notice, host, auth, maxTries } = options;
  const outage: Outage = {};
  const origin = new URL(options.origin).origin;

  const resolve = (location: string | undefined, from: URL): URL => {
    if (location === undefined || !URL.canParse(location, from.href)) {
      throw wrongAnswer(shownUrl(from), 'gave no usable Location');
    }
    const url = new URL(location, from);
    // A registry behind a proxy that ends TLS may not know that it is asked by https.
    if (from.protocol === 'https:' && url.protocol === 'http:' && url.hostname === from.hostname) {
      url.protocol = 'https:';
      url.port = from.port;
    }
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && from.protocol === 'http:')) {
      throw wrongAnswer(shownUrl(from), `leads to ${shownUrl(url)}, which is not https`);
    }
    return url;
  };

  /** One request with its redirects. Credentials stay with the registry's own origin. */
  const follow = async (request: OciRequest, authorization: string | undefined): Promise<OciResponse> => {
    let url = new URL(request.to, origin);
    for (let hops = 0; ; hops++) {
      const own = url.origin === origin && authorization !== undefined ? { authorization } : {};
      const body = typeof request.body === 'function' ? request.body() : request.body;
      const response = await http({
        method: request.method,
        url,
        headers: { ...request.headers, ...own },
        signal: request.signal ?? signal,
        body,
        idleMs: request.idleMs,
      });
      if (request.expect.includes(response.status) || !redirects.includes(response.status)) {
        return { ...response, from: url };
      }
      await drain(response);
      const next = resolve(response.headers.location, url);
      const reads = request.method === 'GET' || request.method === 'HEAD';
      const moved = reads || (response.status >= 307 && next.origin === url.origin);
      if (!moved || hops === maxRedirects) {
        throw wrongAnswer(shownUrl(url), 'redirects without end or sense');
      }
      url = next;
    }
  };

  const once = async <T>(request: OciRequest, read: (response: OciResponse) => Promise<T>): Promise<T> => {
    const authorization = await auth.header(request.scopes);
    let response = await follow(request, authorization);
    // Only the registry itself says what it wants to be shown: whoever it leads to would ask for its password.
    const own = response.from.origin === origin;
    if (own && response.status === 401 && auth.challenged(response.headers['www-authenticate'], authorization)) {
      const renewed = await auth.header(request.scopes);
      // The same again would be one more wrong login, and some lock the account for those.
      if (renewed !== authorization) {
        await drain(response);
        response = await follow(request, renewed);
      }
    }
    if (request.expect.includes(response.status)) return read(response);
    throw await refused(response);
  };

  const refused = async (response: OciResponse): Promise<OciFailure> => {
    const body = await readBody(response, 65_536).then(String, () => '');
    const failure = new WireFailure('status', shownUrl(response.from), {
      status: response.status,
      retryable: isPassingStatus(response.status),
      retryAfterMs: retryAfterMs(response.headers, clock.now()),
    });
    const { codes, text } = readRefusal(response.headers['content-type'], body);
    const answerer = response.from.origin === origin ? 'registry' : 'redirect';
    return new OciFailure(failure, { host, codes, text, answerer });
  };

  return {
    host,
    origin,
    clock,
    random,
    signal,
    notice,
    resolve,
    patience: (worth) => patienceOf(options, { tries: maxTries, outage, worth }),
    send: (request, read) => {
      const about = { host, repository: request.scopes[0]?.repository };
      const attempt = () =>
        once(request, read).catch((error: unknown) => {
          throw error instanceof WireFailure ? new OciFailure(error, about) : error;
        });
      const worth = (error: unknown): boolean =>
        error instanceof OciFailure &&
        error.retryable &&
        // Refused for the rush or never reached: nothing was done.
        (request.repeat || error.status === 429 || error.kind === 'unreachable');
      return retry(attempt, options, { signal: request.signal, tries: request.tries ?? maxTries, worth, outage });
    },
  };
}

/** Reads a short rest away, so that the connection can be used again. */
export async function drain(response: HttpResponse): Promise<void> {
  await readBody(response, 65_536).catch(() => undefined);
}
