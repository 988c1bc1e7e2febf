import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { connectAhead, takeAhead } from '../../../src/wire/http/ahead.ts';
import { createHttp } from '../../../src/wire/http/client.ts';
import { readBody } from '../../../src/wire/http.ts';
import { cli } from '../../support/cli.ts';
import { hasProgram } from '../../support/docker-registry.ts';
import { ownCa } from '../../support/servers.ts';

/** A server that counts its connections. */
async function counting(): Promise<{ url: URL; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((_, response) => response.end('here'));
  server.on('connection', (socket) => sockets.push(socket));
  return { url: new URL(`http://127.0.0.1:${await listening(server)}/`), sockets };
}

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function ask(url: URL, takesAhead: boolean): Promise<string> {
  const http = createHttp({ takesAhead });
  onTestFinished(() => http.close());
  return (await readBody(await http({ url }), 100)).toString();
}

describe('a connection that is begun ahead', () => {
  it('is the first request’s, once', async () => {
    const { url, sockets } = await counting();
    connectAhead(url);
    await vi.waitFor(() => expect(sockets).toHaveLength(1));
    expect(await ask(url, true)).toBe('here');
    expect(sockets).toHaveLength(1);
    expect(await ask(url, true)).toBe('here');
    expect(sockets).toHaveLength(2);
  });

  it('is nobody’s who didn’t ask for it, since others may trust otherwise', async () => {
    const { url, sockets } = await counting();
    connectAhead(url);
    expect(await ask(url, false)).toBe('here');
    await vi.waitFor(() => expect(sockets).toHaveLength(2));
    expect(takeAhead(url.protocol, { host: '127.0.0.1', port: url.port })).toBeDefined();
  });

  it('that fails is made anew, and tells only then', async () => {
    const { url, sockets } = await counting();
    connectAhead(url);
    await vi.waitFor(() => expect(sockets).toHaveLength(1));
    sockets[0]?.resetAndDestroy();
    await vi.waitFor(() => expect(takeAhead(url.protocol, { host: '127.0.0.1', port: url.port })).toBeUndefined());
    expect(await ask(url, true)).toBe('here');
    connectAhead(new URL('http://127.0.0.1:1/'));
    await expect(ask(new URL('http://127.0.0.1:1/'), true)).rejects.toMatchObject({ kind: 'unreachable' });
  });
});

it('a connection that is not even begun leaves it to the request to tell why', async () => {
  const args = ['commit', '--json', '--repo', 'https://localhost:1/acme/config', '--set', 'a.yaml:.a=1'];
  const env = { NODE_OPTIONS: '--tls-cipher-list=none-of-these' };
  const { code, events } = await cli(args, { alone: true, env });
  expect(events.at(-1)).toMatchObject({
    type: 'result',
    exitCode: code,
    errors: [{ message: expect.stringContaining('no cipher match') }],
  });
});

describe.skipIf(!hasProgram('openssl'))('TLS ahead (needs the Debian package openssl)', () => {
  /** How many connections a commit makes to a host that has no repo, and how it ends. */
  const made = async (trusted: boolean): Promise<{ connections: number; code: string | undefined }> => {
    const { caFile, localhost } = ownCa();
    let connections = 0;
    const server = createSecureServer(localhost, (_, response) =>
      response.writeHead(404, { 'content-type': 'text/plain' }).end(),
    );
    server.on('connection', () => {
      connections += 1;
    });
    const url = `https://localhost:${await listening(server)}`;
    const args = ['commit', '--json', '--repo', `${url}/acme/config`, '--set', 'a.yaml:.a=1'];
    const env = trusted ? { NODE_EXTRA_CA_CERTS: caFile } : {};
    const result = (await cli(args, { alone: true, env })).events.at(-1);
    return { connections, code: result?.type === 'result' ? result.errors[0]?.code : undefined };
  };

  it('goes on with the connection that was begun, and with none that isn’t trusted', async () => {
    expect(await made(true)).toEqual({ connections: 1, code: 'REPO_NOT_FOUND' });
    expect(await made(false)).toMatchObject({ code: 'GIT_TLS_FAILED' });
  });
});
