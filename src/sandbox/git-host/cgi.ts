import { type ChildProcess, spawn } from 'node:child_process';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Env } from '../../wire/world.ts';
import { runGit } from './repo.ts';

/** One request to git's own http-backend, as CGI (RFC 3875) wants it told. */
interface CgiRequest {
  readonly program: string;
  readonly projects: string;
  readonly incoming: IncomingMessage;
  readonly path: string;
  readonly query: string;
  /** Who pushes: http-backend refuses receive-pack to nobody. */
  readonly user: string;
  /** The client's `Git-Protocol` header, or another one: without any, git answers as its versions before 2.18 did. */
  readonly protocol: string | undefined;
  /** In place of the request's own body. */
  readonly body: Buffer | undefined;
  readonly env: Env;
}

export interface CgiReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

const backends = new Map<string | undefined, Promise<string>>();

/** Git's http-backend by its own path: through `git` every request would cost one more process. Asked for once a PATH. */
export function httpBackend(env: Env): Promise<string> {
  const known = backends.get(env.PATH);
  if (known !== undefined) return known;
  const asked = runGit(['--exec-path'], env).then((path) => join(path.trim(), 'git-http-backend'));
  backends.set(env.PATH, asked);
  asked.catch(() => backends.delete(env.PATH));
  return asked;
}

/** The program's answer, its body streaming. Rejects when it ends without the blank line after its headers. */
export function runCgi(request: CgiRequest, started: (child: ChildProcess) => void): Promise<CgiReply> {
  const { incoming } = request;
  const header = (name: string): string | undefined => {
    const value = incoming.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  const child = spawn(request.program, [], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...request.env,
      GATEWAY_INTERFACE: 'CGI/1.1',
      SERVER_PROTOCOL: 'HTTP/1.1',
      REQUEST_METHOD: incoming.method,
      GIT_PROJECT_ROOT: request.projects,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: request.path,
      QUERY_STRING: request.query,
      REMOTE_ADDR: '127.0.0.1',
      REMOTE_USER: request.user,
      CONTENT_TYPE: header('content-type'),
      CONTENT_LENGTH: request.body === undefined ? header('content-length') : String(request.body.byteLength),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      GIT_PROTOCOL: request.protocol,
    },
  });
  started(child);
  // A program that ends without reading its input closes the pipe: its answer tells.
  child.stdin.on('error', () => undefined);
  if (request.body === undefined) incoming.pipe(child.stdin);
  else child.stdin.end(request.body);
  // http-backend 2.39 reads on for ever when a body of announced length ends early.
  incoming.once('close', () => {
    if (!incoming.complete) child.kill('SIGKILL');
  });

  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    const onReadable = (): void => {
      for (let chunk = child.stdout.read() as Buffer | null; chunk !== null; chunk = child.stdout.read()) {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) continue;
        child.stdout.off('readable', onReadable);
        child.stdout.unshift(head.subarray(end + 4));
        resolve({ ...parseHead(head.subarray(0, end).toString('latin1')), body: child.stdout });
        return;
      }
    };
    child.stdout.on('readable', onReadable);
    child.stdout.on('end', () => reject(new Error('git http-backend ended without an answer')));
    child.on('error', reject);
  });
}

function parseHead(head: string): { status: number; headers: Record<string, string> } {
  const headers: Record<string, string> = {};
  let status = 200;
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'status') status = Number(value.slice(0, 3));
    else headers[name] = value;
  }
  return { status, headers };
}
