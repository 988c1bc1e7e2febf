import { shownUrl, WireFailure } from '../failure.ts';
import type { Http, HttpResponse } from '../http.ts';
import { readBody } from '../http.ts';
import { isPassingStatus, isRetryable, retry, retryAfterMs } from '../retry.ts';
import type { Secret } from '../secret.ts';
import type { Clock } from '../world.ts';
import { GitDataError, GitNo, GitRefusal } from './failure.ts';
import { ByteReader } from './pack/bytes.ts';

export type Service = 'git-upload-pack' | 'git-receive-pack';

interface GitHttpOptions {
  readonly http: Http;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** The repository's URL, without userinfo. */
  readonly url: string;
  /** The whole `Authorization` header. */
  readonly authorization: Secret | undefined;
  /** Milliseconds without a byte before giving up. */
  readonly idleMs: number;
  /** No answer is read beyond this time (`clock.now()`), however slowly it drips. */
  readonly deadline: number;
  /** Tells a person something about this host, once. */
  readonly notice: (message: string) => void;
}

interface ServiceCall {
  readonly service: Service;
  readonly body: string | Buffer;
  readonly version2: boolean;
  /**
   * A read may be repeated, and its answer is read to its end, so that the connection can be used again. A push is sent
   * once: whether a lost one was taken isn't known here. Nor is its end waited for: housekeeping on the server and
   * post-receive hooks come after the report.
   */
  readonly kind: 'read' | 'push';
  readonly signal?: AbortSignal;
}

/** Smart HTTP (gitprotocol-http) with one repository. Throws WireFailure; GitRefusal where git says no. */
interface GitHttp {
  /** The repository's URL as far as it is known: another one after a redirect. */
  readonly url: () => string;
  /** Asks a service what it can do. */
  advertisement<T>(service: Service, read: (from: ByteReader) => Promise<T>): Promise<T>;
  /** Sends commands. */
  call<T>(call: ServiceCall, read: (from: ByteReader) => Promise<T>): Promise<T>;
}

interface Sending {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly accept: string;
  readonly body?: string | Buffer;
  readonly signal: AbortSignal;
  readonly kind: ServiceCall['kind'];
}

/** A request waits this long, in milliseconds, for the connection of the push before it: a new one takes longer. */
const lingerMs = 250;

const version2Header = { 'git-protocol': 'version=2' };

export function createGitHttp(options: GitHttpOptions): GitHttp {
  const { clock, signal } = options;
  const origin = new URL(options.url);
  let base = options.url.replace(/\/+$/, '');
  // Redirects are followed until the first answer, as git does by default: later ones could split one delivery in two.
  let settled = false;
  /** What goes on behind a push's report. Mostly it is over in a moment, and its connection can be used again. */
  let ending: Promise<void> | undefined;

  const connectionFree = async (): Promise<void> => {
    if (ending === undefined) return;
    const over = new AbortController();
    const lingered = clock.sleep(lingerMs, over.signal).catch(() => undefined);
    await Promise.race([ending, lingered]);
    over.abort();
    ending = undefined;
  };

  const send = async (sending: Sending): Promise<HttpResponse> => {
    for (let hops = 0; ; hops++) {
      const target = `${base}/${sending.path}`;
      const trusted = sameHost(origin, new URL(target));
      const response = await options.http({
        url: target,
        method: sending.method,
        headers: {
          // GitHub serves git only to user agents that begin so.
          'user-agent': 'git/tagboat',
          accept: sending.accept,
          ...sending.headers,
          ...(trusted && options.authorization !== undefined ? { authorization: options.authorization.reveal() } : {}),
        },
        signal: sending.signal,
        idleMs: options.idleMs,
        ...(sending.body === undefined ? {} : { body: sending.body }),
      });
      if (response.status >= 200 && response.status < 300) {
        if (response.headers['content-type']?.split(';')[0]?.trim().toLowerCase() === sending.accept) {
          settled = true;
          return response;
        }
        response.body.destroy();
        const type = response.headers['content-type'] ?? 'nothing';
        const message = `${response.url} answered with ${type.slice(0, 100)} instead of ${sending.accept}`;
        throw new WireFailure('malformed', response.url, { message });
      }
      const moved = settled || hops >= 5 ? undefined : movedTo(response, target, sending.path);
      if (moved === undefined) throw await statusFailure(response, clock.now());
      response.body.destroy();
      base = moved;
      const left = options.authorization !== undefined && !sameHost(origin, new URL(moved));
      options.notice(
        `${shownUrl(origin)} redirects to ${shownUrl(moved)}${left ? ', where its token is not sent' : ''}.`,
      );
    }
  };

  const exchange = async <T>(sending: Sending, read: (from: ByteReader) => Promise<T>): Promise<T> => {
    await connectionFree();
    const response = await send(sending);
    const from = new ByteReader(untilDeadline(response, options));
    try {
      const result = await read(from);
      const over = passOver(from, response);
      if (sending.kind === 'push') ending = over.catch(() => undefined);
      else await over;
      return result;
    } catch (error) {
      if (error instanceof GitNo) {
        await passOver(from, response);
        throw new GitRefusal(response.url, error.words);
      }
      response.body.destroy();
      if (error instanceof GitDataError) throw dataFailure(error, response.url);
      throw error;
    }
  };

  const patient = <T>(work: () => Promise<T>): Promise<T> =>
    retry(work, {
      clock,
      random: options.random,
      signal,
      tries: 4,
      withinMs: Math.max(0, options.deadline - clock.now()),
      // A server that hung for the whole idle limit would do so again.
      worth: (error) => isRetryable(error) && !(error instanceof WireFailure && error.kind === 'timeout'),
    });

  return {
    url: () => base,
    advertisement: (service, read) =>
      patient(() =>
        exchange(
          {
            path: `info/refs?service=${service}`,
            method: 'GET',
            // Pushes are version 0 and 1 alone.
            headers: service === 'git-upload-pack' ? version2Header : {},
            accept: `application/x-${service}-advertisement`,
            signal,
            kind: 'read',
          },
          read,
        ),
      ),
    call: ({ service, body, version2, kind, signal: own }, read) => {
      const sending: Sending = {
        path: service,
        method: 'POST',
        headers: { 'content-type': `application/x-${service}-request`, ...(version2 ? version2Header : {}) },
        accept: `application/x-${service}-result`,
        body,
        signal: own ?? signal,
        kind,
      };
      return kind === 'read' ? patient(() => exchange(sending, read)) : exchange(sending, read);
    },
  };
}

/** Whether a credential for the first may be sent to the second: never to another host, nor back to plain HTTP. */
function sameHost(first: URL, second: URL): boolean {
  if (first.origin === second.origin) return true;
  const upgraded = first.protocol === 'http:' && second.protocol === 'https:';
  return upgraded && first.hostname === second.hostname && first.port === '' && second.port === '';
}

/** The repository's URL behind a redirect of one of its paths, or undefined when that isn't what this is. */
function movedTo(response: HttpResponse, from: string, path: string): string | undefined {
  const { location } = response.headers;
  if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined || !URL.canParse(location, from)) {
    return undefined;
  }
  const to = new URL(location, from);
  const downgraded = from.startsWith('https:') && to.protocol !== 'https:';
  if (downgraded || !/^https?:$/.test(to.protocol)) return undefined;
  const place = `${to.origin}${to.pathname}${to.search}`;
  return place.endsWith(`/${path}`) ? place.slice(0, -path.length - 1) : undefined;
}

async function statusFailure(response: HttpResponse, now: number): Promise<WireFailure> {
  const { status, headers, url } = response;
  // A page meant for browsers says nothing that fits into an error.
  const readable = headers['content-type']?.startsWith('text/plain') === true;
  const body = readable ? await readBody(response, 64 * 1024).catch(() => undefined) : undefined;
  response.body.destroy();
  const peerText = body?.toString('utf8').trim();
  const waitMs = retryAfterMs(headers['retry-after'], now);
  return new WireFailure('status', url, {
    status,
    peerCode: String(status),
    retryable: isPassingStatus(status),
    ...(peerText === undefined || peerText === '' ? {} : { peerText }),
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  });
}

function dataFailure(error: GitDataError, url: string): WireFailure {
  return new WireFailure(error.kind, url, { message: `${url}: ${error.message}`, cause: error });
}

async function* untilDeadline(response: HttpResponse, { clock, deadline }: GitHttpOptions): AsyncGenerator<Buffer> {
  for await (const chunk of response.body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (clock.now() > deadline) {
      const message = `${response.url} was still sending when the time was over`;
      throw new WireFailure('timeout', response.url, { message, retryable: false });
    }
    yield chunk;
  }
}

/** Reads what little may be left, so that the connection stays usable; gives it up when it is more than that. */
async function passOver(from: ByteReader, response: HttpResponse): Promise<void> {
  const start = from.offset;
  while ((await from.chunk()) !== undefined) {
    if (from.offset - start > 16 * 1024) {
      response.body.destroy();
      return;
    }
  }
}
