import { readFile } from 'node:fs/promises';
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { shownUrl, WireFailure } from './failure.ts';

export interface HttpRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is sent chunked unless `content-length` is among the headers, and can't be sent twice. */
  readonly body?: Uint8Array | string | Readable;
  readonly signal?: AbortSignal;
  /** Milliseconds without a byte in either direction before giving up. Default 60,000. */
  readonly idleMs?: number;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined by ", ". */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Must be read to its end or destroyed, or the connection stays taken. Ends in a WireFailure when it is cut. */
  readonly body: Readable;
  /** Where the answer came from, without query or userinfo. */
  readonly url: string;
}

/** One exchange: no redirects, no retries, no meaning. Rejects with WireFailure (or the signal's reason). */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;

export interface HttpOptions {
  /** Sockets kept open to one origin. 1 makes everything share one connection. Default: no limit. */
  readonly maxSockets?: number;
  /** Extra CA certificates, a PEM file's path, added to the system's own. */
  readonly caFile?: string;
  readonly userAgent?: string;
  /** Proxy variables (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`), from the environment. */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>>;
}

/** An http client over node's own, with keep-alive. Call `close()` when done: kept sockets hold the process. */
export function createHttp(options: HttpOptions = {}): Http & { close(): void } {
  const shared = { keepAlive: true, ...(options.maxSockets === undefined ? {} : { maxSockets: options.maxSockets }) };
  const plain = new HttpAgent(shared);
  let secure: Promise<HttpsAgent> | undefined;
  const closers: (() => void)[] = [() => plain.destroy()];

  const secureAgent = (): Promise<HttpsAgent> => {
    secure ??= (async () => {
      const ca = options.caFile === undefined ? undefined : await readFile(options.caFile, 'utf8');
      const { rootCertificates } = await import('node:tls');
      const agent = new HttpsAgent({ ...shared, ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }) });
      closers.push(() => agent.destroy());
      return agent;
    })();
    return secure;
  };

  let proxied: Promise<HttpAgent> | undefined;
  const proxyFor = (url: URL): Promise<HttpAgent> | undefined => {
    if (proxyOf(url, options.proxyEnv ?? {}) === undefined) return undefined;
    proxied ??= (async () => {
      // Loaded only where a proxy is set: it costs start-up time.
      const { ProxyAgent } = await import('proxy-agent');
      const ca = options.caFile === undefined ? undefined : await readFile(options.caFile, 'utf8');
      const agent = new ProxyAgent({
        ...shared,
        ...(ca === undefined ? {} : { ca }),
        getProxyForUrl: (target: string) => proxyOf(new URL(target), options.proxyEnv ?? {}) ?? '',
      });
      closers.push(() => agent.destroy());
      return agent as unknown as HttpAgent;
    })();
    return proxied;
  };

  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    const url = new URL(request.url);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new WireFailure('malformed', shownUrl(url), { message: `${url.protocol} is not http or https` });
    }
    request.signal?.throwIfAborted();
    const agent = (await proxyFor(url)) ?? (url.protocol === 'https:' ? await secureAgent() : plain);
    return exchange(url, request, agent, options.userAgent ?? 'tagboat');
  };
  return Object.assign(send, {
    close: () => {
      for (const close of closers) close();
    },
  });
}

function exchange(url: URL, request: HttpRequest, agent: HttpAgent, userAgent: string): Promise<HttpResponse> {
  const shown = shownUrl(url);
  const idleMs = request.idleMs ?? 60_000;
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { 'user-agent': userAgent, ...request.headers };
    const { body } = request;
    if (body !== undefined && !(body instanceof Readable)) {
      headers['content-length'] = String(typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength);
    }
    // Userinfo in the URL would be sent as a header by node; credentials come by header only, said by the caller.
    const target = new URL(url);
    target.username = '';
    target.password = '';
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    let answered: IncomingMessage | undefined;
    const outgoing: ClientRequest = send(target, {
      method: request.method ?? 'GET',
      headers,
      agent,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    outgoing.setTimeout(idleMs, () => {
      const failure = new WireFailure('timeout', shown, { message: `${shown} sent nothing for ${idleMs / 1000} s` });
      answered?.destroy(failure);
      outgoing.destroy(failure);
    });
    outgoing.on('error', (error) => reject(failureOf(error, shown, request.signal)));
    outgoing.on('response', (incoming) => {
      answered = incoming;
      resolve({
        status: incoming.statusCode ?? 0,
        headers: flatten(incoming),
        body: guarded(incoming, shown, request.signal),
        url: shown,
      });
    });
    if (body instanceof Readable) {
      pipeline(body, outgoing).catch((error) => reject(failureOf(error, shown, request.signal)));
    } else {
      outgoing.end(body);
    }
  });
}

/** The body with node's errors turned into WireFailure. `aborted` covers a socket closed before the promised length. */
function guarded(incoming: IncomingMessage, shown: string, signal: AbortSignal | undefined): Readable {
  const destroy = incoming.destroy.bind(incoming);
  incoming.destroy = (error?: Error) => destroy(error === undefined ? undefined : failureOf(error, shown, signal));
  return incoming;
}

function flatten(incoming: IncomingMessage): Record<string, string | undefined> {
  const flat: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(incoming.headers))
    flat[name] = Array.isArray(value) ? value.join(', ') : value;
  return flat;
}

const unreachable = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']);
const cut = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']);

function failureOf(error: unknown, shown: string, signal: AbortSignal | undefined): Error {
  if (error instanceof WireFailure) return error;
  if (signal?.aborted) return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  const about = { peerCode: code, peerText: message, cause: error };
  if (unreachable.has(code)) return new WireFailure('unreachable', shown, about);
  if (cut.has(code) || message === 'aborted') return new WireFailure('cut', shown, about);
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/.test(code)) return new WireFailure('tls', shown, about);
  if (code.startsWith('HPE_')) return new WireFailure('malformed', shown, about);
  return new WireFailure('cut', shown, { ...about, retryable: false });
}

/** The proxy for a URL by the usual variables (curl's rules: lower case wins, NO_PROXY by suffix, port or `*`). */
export function proxyOf(url: URL, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const proxy =
    url.protocol === 'https:'
      ? (env['https_proxy'] ?? env['HTTPS_PROXY'])
      : // HTTP_PROXY in capitals is a request header to CGI programs (httpoxy); curl reads the lower-case one alone.
        env['http_proxy'];
  if (proxy === undefined || proxy === '') return undefined;
  const except = (env['no_proxy'] ?? env['NO_PROXY'] ?? '').split(',').map((part) => part.trim().toLowerCase());
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const host = url.hostname.toLowerCase();
  const spared = except.some((rule) => {
    if (rule === '*') return true;
    const [name = '', only] = rule.split(':');
    if (name === '' || (only !== undefined && only !== port)) return false;
    const bare = name.replace(/^\*?\./, '');
    return host === bare || host.endsWith(`.${bare}`);
  });
  return spared ? undefined : proxy;
}

/** The whole body, at most `limit` bytes. Throws WireFailure `tooLarge` beyond it, having read no more. */
export async function readBody(response: HttpResponse, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > limit) {
      response.body.destroy();
      throw new WireFailure('tooLarge', response.url, { message: `${response.url} sent more than ${limit} bytes` });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
