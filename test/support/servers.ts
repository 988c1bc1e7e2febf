import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { Env } from '../../src/wire/world.ts';

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** An HTTP server for one test; answers its origin. */
export async function serveHttp(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createHttpServer(listener))}`;
}

/** A TCP server for one test, for what no HTTP server would do; answers its port. */
export function serveTcp(onSocket: (socket: Socket) => void): Promise<number> {
  return listen(createTcpServer(onSocket));
}

/** An HTTPS server for one test. */
export async function serveHttps(certificate: Certificate, listener: RequestListener): Promise<string> {
  return `https://localhost:${await listen(createHttpsServer(certificate, listener))}`;
}

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Folders to remove in the end. */
const made: string[] = [];

export interface OwnCa {
  readonly caFile: string;
  readonly localhost: Certificate;
  readonly dir: string;
}

/** A CA of its own, as openssl makes it, and a certificate for `localhost`, or other names, signed by it. */
export function ownCa(names: readonly string[] = ['localhost']): OwnCa {
  const dir = mkdtempSync(join(tmpdir(), 'tagboat-ca-'));
  if (made.length === 0)
    process.once('exit', () => made.forEach((one) => void rmSync(one, { recursive: true, force: true })));
  made.push(dir);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...curve, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test CA', '-days', '2');
  openssl('req', '-new', ...curve, '-keyout', 'host.key', '-out', 'host.csr', '-subj', '/CN=localhost');
  writeFileSync(join(dir, 'host.ext'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`);
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'host.ext'];
  openssl('x509', '-req', '-in', 'host.csr', '-out', 'host.pem', ...signed);
  const read = (name: string) => readFileSync(join(dir, name), 'utf8');
  return { dir, caFile: join(dir, 'ca.pem'), localhost: { key: read('host.key'), cert: read('host.pem') } };
}

/** Runs a server that prints its port, until the test ends; answers where it is. */
export async function serveUntilEnd(program: string, args: readonly string[], env: Env): Promise<string> {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
  const over = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await over;
  });
  for await (const line of createInterface({ input: child.stdout })) return `http://127.0.0.1:${line}`;
  throw new Error(`${program} ended before it listened`);
}
