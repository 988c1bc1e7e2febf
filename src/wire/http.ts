import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';
import { exchange } from './exchange.ts';
import { shownUrl, WireFailure } from './failure.ts';
import { proxyOf } from './proxy.ts';
import type { Secret } from './secret.ts';

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
  /** Extra CA certificates, a PEM file's path, added to those that node trusts. */
  readonly caFile?: string;
  /** The same as text. */
  readonly ca?: string;
  /** Take any certificate, whoever signed it and whatever its name. */
  readonly insecure?: boolean;
  /** A client certificate and its key, PEM. */
  readonly client?: { readonly cert: string; readonly key: Secret };
  readonly userAgent?: string;
  /** Proxy variables (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`), from the environment. */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>>;
}

/** An http client over node's own, with keep-alive. Call `close()` when done: kept sockets hold the process. */
export function createHttp(options: HttpOptions = {}): Http & { close(): void } {
  const { caFile, proxyEnv = {} } = options;
  const shared = { keepAlive: true, ...(options.maxSockets === undefined ? {} : { maxSockets: options.maxSockets }) };
  const plain = new HttpAgent(shared);
  const closers: (() => void)[] = [() => plain.destroy()];
  const trusted = async () => {
    const own = [
      ...(caFile === undefined ? [] : [await readCa(caFile)]),
      ...(options.ca === undefined ? [] : [options.ca]),
    ];
    return {
      ...(own.length === 0 ? {} : { ca: [...rootCertificates, ...own] }),
      ...(options.insecure === true ? { rejectUnauthorized: false } : {}),
      ...(options.client === undefined ? {} : { cert: options.client.cert, key: options.client.key.reveal() }),
    };
  };

  let secure: Promise<HttpAgent> | undefined;
  const secureAgent = (): Promise<HttpAgent> => {
    secure ??= (async () => {
      const agent = new HttpsAgent({ ...shared, ...(await trusted()) });
      closers.push(() => agent.destroy());
      return agent;
    })();
    return secure;
  };

  let proxied: Promise<HttpAgent> | undefined;
  const proxiedAgent = (): Promise<HttpAgent> => {
    proxied ??= (async () => {
      // Loaded only where a proxy is set: it costs start-up time.
      const { ProxyAgent } = await import('proxy-agent');
      const agent = new ProxyAgent({
        ...shared,
        ...(await trusted()),
        getProxyForUrl: (target: string) => proxyOf(new URL(target), proxyEnv) ?? '',
      });
      closers.push(() => agent.destroy());
      return agent as unknown as HttpAgent;
    })();
    return proxied;
  };

  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    try {
      const url = new URL(request.url);
      if (url.protocol !== 'http:' && url.protocol !== 'https:') {
        throw new WireFailure('malformed', shownUrl(url), { message: `${url.protocol} is not http or https` });
      }
      request.signal?.throwIfAborted();
      if (request.body instanceof Readable && request.body.destroyed) {
        throw request.body.errored ?? new Error('The body of a request was closed before it was sent.');
      }
      const proxy = proxyOf(url, proxyEnv);
      if (proxy !== undefined) checkProxy(proxy, url);
      const agent = proxy !== undefined ? proxiedAgent() : url.protocol === 'https:' ? secureAgent() : plain;
      return await exchange(url, request, await agent, {
        userAgent: options.userAgent ?? 'tagboat',
        proxied: proxy !== undefined,
      });
    } catch (error) {
      // Whatever opened the body shall not stay open: it is sent or it is gone.
      if (request.body instanceof Readable) request.body.destroy();
      throw error;
    }
  };
  return Object.assign(send, {
    close: () => {
      for (const close of closers) close();
    },
  });
}

async function readCa(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new WireFailure('tls', file, { message: `the CA certificates in ${file} can't be read`, cause });
  }
}

/** Refused here, because the agent would print the URL with its password. */
function checkProxy(proxy: string, url: URL): void {
  if (URL.canParse(proxy) && /^(https?|socks[45]?[ah]?):$/.test(new URL(proxy).protocol)) return;
  throw new WireFailure('unreachable', shownUrl(url), {
    message: 'the proxy variable is not an http, https or socks URL',
    retryable: false,
  });
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
