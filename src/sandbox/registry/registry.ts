import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { listenOnLoopback } from '../loopback.ts';
import { type RegistryAnswer, type RegistryCall, registryRefusal } from './answer.ts';
import { createRegistryGate, type RegistryGateOptions } from './auth.ts';
import { corrupted, cutAfter, type RegistryFault, withHeaders } from './fault.ts';
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

export interface RegistryOptions extends RegistryGateOptions {
  /** Where everything is kept; a registry started there again has it all. */
  readonly dir: string;
  /** Loopback port. Default: a free one. */
  readonly port?: number;
  /** A tag never means another digest: such a PUT is refused as ECR does. */
  readonly immutableTags?: boolean;
  /** Tags that one image may have; another one is refused as ECR does. Default: any number. */
  readonly mostTags?: number;
  /** It lists what refers to a manifest. Default true; without, clients enter it under the tag `sha256-…`. */
  readonly referrers?: boolean;
  /** Pushing makes the repository. Default true; ECR wants it to be there. */
  readonly createOnPush?: boolean;
  /** Asked for every request; what it answers goes wrong. */
  readonly fault?: (request: RecordedRequest) => RegistryFault | undefined;
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
  const server = createServer((incoming, outgoing) => {
    const call = callOf(incoming);
    if (call === undefined) return void outgoing.writeHead(400).end();
    const request = record(call, requests.length + 1);
    requests.push(request);
    const answering = (answer: RegistryAnswer) => {
      request.status = answer.status;
    };
    exchange(call, incoming, outgoing, options.fault?.(request), answering, (asked) => route(asked, parts)).catch(() =>
      outgoing.destroy(),
    );
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

/** One request from its arrival to the last byte of its answer, with what is to go wrong with it. */
async function exchange(
  call: RegistryCall,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fault: RegistryFault | undefined,
  answering: (answer: RegistryAnswer) => void,
  handle: (call: RegistryCall) => Promise<RegistryAnswer>,
): Promise<void> {
  const cut = () => void incoming.socket.destroy();
  if (fault?.is === 'hang') return;
  if (fault?.is === 'answer') {
    answering(fault);
    return send(fault, call, outgoing);
  }
  const asked = fault?.is === 'cutRequest' ? { ...call, body: cutAfter(call.body, fault.after, cut) } : call;
  let answer = await handle(asked).catch(faulty);
  if (fault?.is === 'loseAnswer' || fault?.is === 'cutRequest') return cut();
  if (fault?.is === 'headers') answer = withHeaders(answer, fault.headers);
  if (fault?.is === 'corrupt') answer = { ...answer, body: Readable.from(corrupted(pieces(answer.body))) };
  answering(answer);
  if (fault?.is !== 'cutAnswer') return send(answer, call, outgoing);
  outgoing.writeHead(answer.status, answer.headers);
  outgoing.flushHeaders();
  for await (const chunk of cutAfter(pieces(answer.body), fault.after, () => undefined)) outgoing.write(chunk);
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

async function* pieces(body: RegistryAnswer['body']): AsyncIterable<Buffer> {
  if (body instanceof Readable) yield* body as AsyncIterable<Buffer>;
  else if (body !== undefined) yield Buffer.from(body);
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
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(call.headers))
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
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
