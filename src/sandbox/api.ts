import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { headersOf } from '../wire/http/exchange.ts';
import { listenOnLoopback } from './loopback.ts';

/** A request as it came, body and all. */
export interface ApiRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** Which connection of the server's it came on. */
  readonly connection: number;
  /** From the whole request to the end of the answer, in milliseconds; 0 until then. */
  tookMs: number;
  /** Bytes of the answer on the wire, headers included; 0 until its end. */
  bytesOut: number;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A fault to play: another answer, none (`hang`), a closed connection (`cut`); undefined lets the request through. */
export type ApiFault = (request: ApiRequest) => ApiAnswer | 'hang' | 'cut' | undefined;

/** A server on a free loopback port. */
export interface Api {
  /** `http://127.0.0.1:PORT`, no slash at the end. */
  readonly url: string;
  /** Every request so far, in order. */
  readonly requests: readonly ApiRequest[];
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

const largest = 1024 * 1024;

/** Serves whole requests with whole answers, as the small APIs here do. Bodies over 1 MiB get 413. */
export async function serveApi(
  answer: (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>,
  fault: ApiFault = () => undefined,
): Promise<Api> {
  const requests: ApiRequest[] = [];
  const connections = new Map<Socket, number>();
  const server = createServer(async (incoming, outgoing) => {
    const body = await wholeBody(incoming);
    if (body === undefined) return void outgoing.writeHead(413).end();
    const { socket } = incoming;
    const connection = connections.get(socket) ?? connections.size + 1;
    connections.set(socket, connection);
    const request = requestOf(incoming, body, connection);
    const [began, sent] = [performance.now(), socket.bytesWritten];
    outgoing.on('finish', () => {
      request.tookMs = performance.now() - began;
      request.bytesOut = socket.bytesWritten - sent;
    });
    requests.push(request);
    const faulty = fault(request);
    if (faulty === 'hang') return;
    if (faulty === 'cut') return void incoming.socket.destroy();
    const { status, headers, body: text = '' } = faulty ?? (await answer(request));
    outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text);
  });
  const { host, close } = await listenOnLoopback(server);
  return { url: `http://${host}`, requests, close };
}

/** An answer with a JSON body. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): ApiAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  };
}

async function wholeBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > largest) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function requestOf(incoming: IncomingMessage, body: Buffer, connection: number): ApiRequest {
  const url = new URL(incoming.url ?? '/', 'http://loopback');
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: headersOf(incoming),
    body,
    connection,
    tookMs: 0,
    bytesOut: 0,
  };
}
