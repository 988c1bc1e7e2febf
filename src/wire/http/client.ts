import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';
import { shownUrl, WireFailure } from '../failure.ts';
import type { Http, HttpRequest, HttpResponse } from '../http.ts';
import type { Secret } from '../secret.ts';
import { takeAhead } from './ahead.ts';
import { exchange } from './exchange.ts';
import { proxyOf } from './proxy.ts';

export interface HttpOptions {
  /** Sockets kept open to one origin. 1 makes everything share one connection. Default: no limit. */
  readonly maxSockets?: number;
  /** Extra CA certificates, a PEM file's path, added to those that node trusts. */
  readonly caFile?: string | undefined;
  /** The same as text. */
  readonly ca?: string | undefined;
  /** Take any certificate, whoever signed it and whatever its name. */
  readonly insecure?: boolean;
  /** A client certificate and its key, PEM. */
  readonly client?: { readonly cert: string; readonly key: Secret } | undefined;
  readonly userAgent?: string;
  /** Takes a connection that was begun ahead: made with nothing but node's own trust. */
  readonly takesAhead?: boolean;
  /**
   * Where the proxy variables (`HTTPS_PROXY`, `http_proxy`, `ALL_PROXY`, `NO_PROXY`) are, and those that name CA
   * certificates besides: `TAGBOAT_CA_FILE`, `SSL_CERT_FILE`, `NODE_EXTRA_CA_CERTS`.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** An http client over node's own, with keep-alive. Call `close()` when done: kept sockets hold the process. */
export function createHttp(options: HttpOptions = {}): Http & { close(): void } {
  const { userAgent = 'tagboat', env = {} } = options;
  const pool: AgentOptions = { keepAlive: true, maxSockets: options.maxSockets ?? Number.POSITIVE_INFINITY };
  const agents = new Map<string, Promise<HttpAgent>>();
  let trust: Promise<AgentOptions> | undefined;

  const open = async (scheme: string, proxy: string | undefined): Promise<HttpAgent> => {
    if (proxy === undefined && scheme === 'http:') return direct(new HttpAgent(pool), scheme);
    trust ??= trustOf(options);
    const trusted = await trust;
    if (proxy === undefined) return direct(new HttpsAgent({ ...pool, ...trusted }), scheme);
    return proxyAgent(new URL(proxy), scheme, pool, trusted);
  };
  const direct = (agent: HttpAgent, scheme: string): HttpAgent => {
    const create = agent.createConnection.bind(agent);
    if (options.takesAhead === true)
      agent.createConnection = (peer, made) => takeAhead(scheme, peer) ?? create(peer, made);
    return agent;
  };
  const agentFor = ({ protocol }: URL, proxy: string | undefined): Promise<HttpAgent> => {
    const key = `${protocol} ${proxy ?? ''}`;
    const agent = agents.get(key) ?? open(protocol, proxy);
    agents.set(key, agent);
    return agent;
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
      const proxy = proxyOf(url, env);
      if (proxy !== undefined) checkProxy(proxy, url);
      const agent = await agentFor(url, proxy);
      return await exchange(url, request, agent, { userAgent, proxied: proxy !== undefined });
    } catch (error) {
      // A request that fails before it is sent closes its body too: else the file behind it would stay open.
      if (request.body instanceof Readable) request.body.destroy();
      throw error;
    }
  };
  return Object.assign(send, {
    close: () => {
      for (const agent of agents.values()) {
        agent.then(
          (open) => open.destroy(),
          () => undefined,
        );
      }
    },
  });
}

/** Whom to believe, and who we are, in the words of node's TLS. What several places name is believed all together. */
async function trustOf({ caFile, ca, insecure, client, env = {} }: HttpOptions): Promise<AgentOptions> {
  const files = new Set([caFile, env.TAGBOAT_CA_FILE, env.SSL_CERT_FILE].filter((file) => file));
  const own = await Promise.all([...files].map((file) => readCa(file ?? '')));
  if (ca !== undefined) own.push(ca);
  // A list of our own replaces the one that node has put these into. Node goes on without a file that it can't read.
  const extra = own.length === 0 ? undefined : env.NODE_EXTRA_CA_CERTS;
  if (extra) own.push(await readFile(extra, 'utf8').catch(() => ''));
  return {
    ...(own.length > 0 && { ca: [...rootCertificates, ...own.filter((one) => one !== '')] }),
    ...(insecure === true && { rejectUnauthorized: false }),
    ...(client && { cert: client.cert, key: client.key.reveal() }),
  };
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

/**
 * An agent that sends requests of one scheme by this proxy: tunnels for https, whole URLs for http. The libraries are
 * loaded only where a proxy is set: they cost start-up time.
 */
async function proxyAgent(proxy: URL, scheme: string, pool: AgentOptions, trusted: AgentOptions): Promise<HttpAgent> {
  if (proxy.protocol.startsWith('socks')) {
    const { SocksProxyAgent } = await import('socks-proxy-agent');
    return new SocksProxyAgent(proxy, { ...pool, ...trusted });
  }
  // The CA counts at the proxy too; a client certificate and `insecure` are for the host behind it alone.
  const toProxy = trusted.ca === undefined ? pool : { ...pool, ca: trusted.ca };
  if (scheme === 'http:') {
    const { HttpProxyAgent } = await import('http-proxy-agent');
    return new HttpProxyAgent(proxy, toProxy);
  }
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  const agent = new HttpsProxyAgent(proxy, toProxy);
  // It keeps what it is given for the proxy; what node's agents merge into each request is for the host.
  Object.assign(agent.options, trusted);
  return agent;
}
