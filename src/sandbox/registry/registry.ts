import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { headersOf } from '../../wire/http/exchange.ts';
import { listenOnLoopback } from '../loopback.ts';
import { type RegistryAnswer, type RegistryCall, registryRefusal } from './answer.ts';
import { createRegistryGate, type RegistryGateOptions } from './auth.ts';
import type { ManifestRules } from './manifest.ts';
import { route, routeOf } from './route.ts';
import { openStore } from './store.ts';
import { openUploads } from './upload.ts';

/** One request as it was received. */
export interface RecordedRequest {
  /** From 1, in the order of arrival. */
  readonly number: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly repository: string | undefined;
  /** Lower-case names; of `authorization` only the scheme. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** What was answered; undefined while it is under way and after a cut. */
  status: number | undefined;
}

/** One request from its arrival to the last byte of its answer. */
export interface RegistryExchange {
  readonly request: RecordedRequest;
  readonly call: RegistryCall;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** Does the work. */
  handle(call: RegistryCall): Promise<RegistryAnswer>;
  send(answer: RegistryAnswer): Promise<void>;
}

export interface RegistryOptions extends RegistryGateOptions, Partial<ManifestRules> {
  /** Where everything is kept; a registry started there again has it all. */
  readonly dir: string;
  /** Loopback port. Default: a free one. */
  readonly port?: number;
  /** Sees to each request. Default: the work is done and its answer sent. */
  readonly plays?: (exchange: RegistryExchange) => Promise<void>;
}

export interface Registry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  createRepository(repository: string): void;
  close(): Promise<void>;
}

/** An OCI registry (distribution spec 1.1) on loopback, its content in a folder. */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const store = openStore(options.dir);
  const uploads = openUploads(store);
  const { immutableTags = false, mostTags = Number.POSITIVE_INFINITY, createOnPush = true, referrers = true } = options;
  const parts = { store, uploads, gate: createRegistryGate(options), immutableTags, mostTags, createOnPush, referrers };
  const requests: RecordedRequest[] = [];
  const plays = options.plays ?? (async ({ call, handle, send }) => send(await handle(call)));
  const server = createServer((incoming, outgoing) => {
    const call = callOf(incoming);
    if (call === undefined) return void outgoing.writeHead(400).end();
    const request = record(call, requests.length + 1);
    requests.push(request);
    const handle = (asked: RegistryCall) => route(asked, parts).catch(faulty);
    const answering = (answer: RegistryAnswer) => {
      request.status = answer.status;
      return send(answer, call, outgoing);
    };
    plays({ request, call, incoming, outgoing, handle, send: answering }).catch(() => outgoing.destroy());
  });
  // A layer may take longer than node's five minutes for a whole request.
  server.requestTimeout = 0;
  const { host, close } = await listenOnLoopback(server, options.port);
  return {
    host,
    url: `http://${host}`,
    requests,
    createRepository: (repository) => store.createRepository(repository),
    close: async () => {
      await close();
      await uploads.close();
    },
  };
}

async function send(answer: RegistryAnswer, call: RegistryCall, outgoing: ServerResponse): Promise<void> {
  const { body } = answer;
  const length = body === undefined ? 0 : body instanceof Readable ? undefined : Buffer.byteLength(body);
  outgoing.writeHead(answer.status, {
    ...(length === undefined || answer.status === 204 || answer.status === 304 ? {} : { 'content-length': length }),
    ...answer.headers,
  });
  if (call.method === 'HEAD' || body === undefined) outgoing.end();
  else if (body instanceof Readable) await pipeline(body, outgoing);
  else outgoing.end(body);
}

/** What a handler threw: the disk's troubles, or ours. */
function faulty(error: NodeJS.ErrnoException): RegistryAnswer {
  return error.code === 'ENOSPC' || error.code === 'EDQUOT'
    ? registryRefusal(507, 'UNKNOWN', 'The registry has no space left.')
    : registryRefusal(500, 'UNKNOWN', error.message);
}

/** Undefined for a request line or Host header that make no URL. */
function callOf(incoming: IncomingMessage): RegistryCall | undefined {
  const { method = 'GET', headers } = incoming;
  const text = `http://${headers.host ?? 'localhost'}${incoming.url ?? '/'}`;
  return URL.canParse(text) ? { method, url: new URL(text), headers, body: incoming } : undefined;
}

function record(call: RegistryCall, number: number): RecordedRequest {
  const headers = headersOf(call);
  const scheme = call.headers.authorization?.split(' ')[0];
  if (scheme !== undefined) headers.authorization = scheme;
  const { pathname: path, searchParams: query } = call.url;
  return {
    number,
    method: call.method,
    path,
    query,
    repository: routeOf(path)?.repository,
    headers,
    status: undefined,
  };
}
