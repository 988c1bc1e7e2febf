import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { reportOf, usageError } from '../../errors.ts';
import { refusal } from './guard.ts';
import { headers, loadAssets, pageText } from './page.ts';

/** What the server answers with, by the path below `/api/`. `asked` is the query's `what`, or a POST's body. */
export type Answers = Readonly<Record<string, (asked: unknown) => unknown>>;

export interface Dashboard {
  readonly port: number;
  /** How many pages listen. */
  readonly listeners: () => number;
  /** Tells every page that listens. */
  tell(event: string): void;
  close(): Promise<void>;
}

const mostBody = 64 * 1024;
const mostListeners = 32;

/** Serves the page on loopback alone. Throws USAGE where the port can't be had. */
export async function serveDashboard(
  { port, token }: { readonly port: number; readonly token: string },
  answers: { readonly get: Answers; readonly post: Answers },
  clean: (text: string) => string,
): Promise<Dashboard> {
  const { script, style } = await loadAssets();
  const files: Readonly<Record<string, readonly [string, string]>> = {
    '/': ['text/html; charset=utf-8', pageText(false)],
    '/app.js': ['text/javascript; charset=utf-8', script],
    '/app.css': ['text/css; charset=utf-8', style],
  };
  const listening = new Set<ServerResponse>();
  const server = createServer({ maxHeaderSize: 16_384, requestTimeout: 30_000 });
  server.maxConnections = 128;

  const json = (response: ServerResponse, status: number, value: unknown): void => {
    response.writeHead(status, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
  const listen = (response: ServerResponse): void => {
    if (listening.size >= mostListeners) {
      json(response, 503, { message: 'Too many pages listen already.' });
      return;
    }
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' }).write('event: hello\ndata: 1\n\n');
    listening.add(response);
    response.on('close', () => listening.delete(response));
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { port: own } = server.address() as AddressInfo;
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const { method = '' } = request;
    const refused = refusal({ method, headers: request.headers, path: url.pathname }, { port: own, token });
    if (refused !== undefined) {
      json(response, refused, { message: 'This request is not answered.' });
      return;
    }
    const file = files[url.pathname];
    if (file !== undefined) {
      response.writeHead(200, { ...headers, 'content-type': file[0] }).end(file[1]);
      return;
    }
    if (url.pathname === '/api/events') return listen(response);
    const name = url.pathname.replace('/api/', '');
    const way = method === 'POST' ? answers.post : answers.get;
    const made = Object.hasOwn(way, name) ? way[name] : undefined;
    if (made === undefined) return json(response, 404, { message: 'There is no such thing.' });
    try {
      const asked = method === 'POST' ? JSON.parse(await bodyOf(request)) : (url.searchParams.get('what') ?? undefined);
      json(response, 200, await made(asked));
    } catch (error) {
      if (error instanceof SyntaxError) return json(response, 400, { message: 'That is no JSON.' });
      const { code, message, hint } = reportOf(error);
      json(response, 422, { code, message: clean(message), hint: clean(hint ?? '') });
    }
  };
  server.on('request', (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(usageError(`Port ${port} can't be had: ${error.code}.`, 'ui')),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    listeners: () => listening.size,
    tell: (event) => {
      for (const one of listening) one.write(`event: ${event}\ndata: 1\n\n`);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes > mostBody) throw new SyntaxError('too long');
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString();
}
