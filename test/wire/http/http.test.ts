import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { WireFailure } from '../../../src/wire/failure.ts';
import { createHttp, type HttpOptions } from '../../../src/wire/http/client.ts';
import { readBody } from '../../../src/wire/http.ts';
import { hasProgram } from '../../support/docker-registry.ts';
import { ownCa, serveHttp, serveHttps, serveTcp } from '../../support/servers.ts';

function client(options: HttpOptions = {}): ReturnType<typeof createHttp> {
  const http = createHttp(options);
  onTestFinished(() => http.close());
  return http;
}

/** The failure that a promise ends in, as plain fields to compare. */
async function failure(promise: Promise<unknown>): Promise<Partial<WireFailure>> {
  const error: unknown = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  return error as WireFailure;
}

/** Answers every connection with these raw bytes once a request's head is there, then does `then`. */
function raw(bytes: string, then: (socket: Socket) => void): Promise<number> {
  return serveTcp((socket) => {
    socket.once('data', () => socket.write(bytes, () => then(socket)));
  });
}

describe('an exchange', () => {
  it('sends method, headers and body, and gives back status, headers and body', async () => {
    const url = await serveHttp(async (request, response) => {
      const body = await text(request);
      response.writeHead(201, { 'X-Many': ['a', 'b'], 'x-agent': request.headers['user-agent'] ?? '' });
      response.end(`${request.method} ${request.url} ${request.headers['content-length']} ${body}`);
    });
    const http = client({ userAgent: 'tagboat/test' });
    const response = await http({ method: 'PUT', url: `${url}/a?b=c`, body: 'hé' });
    expect(response.status).toBe(201);
    expect(response.headers['x-many']).toBe('a, b');
    expect(response.headers['x-agent']).toBe('tagboat/test');
    expect(response.url).toBe(`${url}/a`);
    expect(String(await readBody(response, 1_000))).toBe('PUT /a?b=c 3 hé');
  });

  it('is one of many that the same signal may stop, and Node sees no leak in that', async () => {
    const url = await serveHttp((_, response) => void setTimeout(20).then(() => response.end('ok')));
    const http = client();
    const warnings: Error[] = [];
    const hear = (warning: Error) => void warnings.push(warning);
    process.on('warning', hear);
    onTestFinished(() => void process.off('warning', hear));
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 12 }, async () => readBody(await http({ url, signal }), 100)));
    expect(warnings).toEqual([]);
  });

  it('streams a body of unknown length, and one whose length is told', async () => {
    const url = await serveHttp(async (request, response) => {
      const body = await text(request);
      response.end(`${request.headers['transfer-encoding'] ?? request.headers['content-length']} ${body}`);
    });
    const http = client();
    const stream = () => Readable.from([Buffer.from('one '), Buffer.from('two')]);
    expect(String(await readBody(await http({ method: 'POST', url, body: stream() }), 100))).toBe('chunked one two');
    const told = await http({ method: 'POST', url, body: stream(), headers: { 'content-length': '7' } });
    expect(String(await readBody(told, 100))).toBe('7 one two');
  });

  it('keeps one connection for requests that follow each other', async () => {
    const ports = new Set<number | undefined>();
    const url = await serveHttp((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('ok');
    });
    const http = client();
    for (let i = 0; i < 3; i++) await readBody(await http({ url }), 10);
    expect(ports.size).toBe(1);
  });

  it('never sends the userinfo of a URL', async () => {
    const url = await serveHttp((request, response) => response.end(request.headers.authorization ?? 'nothing'));
    const response = await client()({ url: url.replace('://', '://user:secret@') });
    expect(String(await readBody(response, 100))).toBe('nothing');
    expect(response.url).toBe(`${url}/`);
  });

  it('speaks http and https alone', async () => {
    expect(await failure(client()({ url: 'file:///etc/passwd' }))).toMatchObject({ kind: 'malformed' });
  });

  it('leaves nothing on the signal when it is over', async () => {
    const url = await serveHttp((_request, response) => response.end('ok'));
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    const response = await client()({ url, signal });
    expect(listeners).toBe(1);
    const closed = once(response.body, 'close');
    await readBody(response, 10);
    await closed;
    expect(listeners).toBe(0);
  });
});

describe('a connection that ends early', () => {
  it('refused: unreachable, and worth another try', async () => {
    const error = await failure(client()({ url: 'http://127.0.0.1:1/' }));
    expect(error).toMatchObject({ kind: 'unreachable', peerCode: 'ECONNREFUSED', retryable: true });
  });

  it('an unknown name: unreachable', async () => {
    const error = await failure(client()({ url: 'http://no-such-host.invalid/' }));
    expect(error).toMatchObject({ kind: 'unreachable' });
  });

  it('before the answer: cut', async () => {
    const port = await raw('', (socket) => socket.destroy());
    expect(await failure(client()({ url: `http://127.0.0.1:${port}/` }))).toMatchObject({
      kind: 'cut',
      retryable: true,
    });
  });

  it('in the middle of the head: cut', async () => {
    const port = await raw('HTTP/1.1 200 OK\r\nContent-Le', (socket) => socket.end());
    expect(await failure(client()({ url: `http://127.0.0.1:${port}/` }))).toMatchObject({ kind: 'cut' });
  });

  it.each([
    ['a body of told length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
    ['a chunked body', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf'],
  ])('in the middle of %s: cut', async (_what, bytes) => {
    for (const ending of ['end', 'destroy'] as const) {
      const port = await raw(bytes, (socket) => socket[ending]());
      const response = await client()({ url: `http://127.0.0.1:${port}/` });
      expect(await failure(readBody(response, 100))).toMatchObject({ kind: 'cut', retryable: true });
    }
  });

  it('before anybody reads the body: still cut for whoever reads it later', async () => {
    const port = await raw('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', (socket) => socket.destroy());
    const response = await client()({ url: `http://127.0.0.1:${port}/` });
    await new Promise((resolve) => response.body.once('close', resolve));
    expect(await failure(readBody(response, 100))).toMatchObject({ kind: 'cut' });
  });

  it('while the request is being sent: cut, and the source is closed', async () => {
    const port = await serveTcp((socket) => socket.once('data', () => socket.destroy()));
    const body = endless();
    const closed = once(body, 'close');
    const error = await failure(client()({ method: 'POST', url: `http://127.0.0.1:${port}/`, body }));
    expect(error).toMatchObject({ kind: 'cut' });
    await closed;
  });
});

describe('silence', () => {
  it('before the answer: timeout', async () => {
    const url = await serveHttp(() => undefined);
    expect(await failure(client()({ url, idleMs: 50 }))).toMatchObject({ kind: 'timeout', retryable: true });
  });

  it('in the middle of the body: timeout', async () => {
    const port = await raw('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', () => undefined);
    const response = await client()({ url: `http://127.0.0.1:${port}/`, idleMs: 100 });
    expect(await failure(readBody(response, 100))).toMatchObject({ kind: 'timeout' });
  });

  it('while the connection is made secure: timeout', async () => {
    const port = await serveTcp(() => undefined);
    const error = await failure(client()({ url: `https://localhost:${port}/`, idleMs: 50 }));
    expect(error).toMatchObject({ kind: 'timeout' });
  });

  it('is no fault of the peer when the reader is the slow one', async () => {
    const url = await serveHttp((_request, response) => response.end(Buffer.alloc(8 * 1024 * 1024)));
    const response = await client()({ url, idleMs: 40 });
    const socket = (response.body as Readable & { socket: Socket }).socket;
    // Two idle times pass with bytes waiting to be read.
    for (let i = 0; i < 2; i++) await once(socket, 'timeout');
    expect((await readBody(response, 10_000_000)).byteLength).toBe(8 * 1024 * 1024);
  });

  it('is no fault of the peer when the source of the request is the slow one', async () => {
    const url = await serveHttp(async (request, response) => response.end(await text(request)));
    const body = Readable.from(
      (async function* () {
        yield Buffer.from('slow, ');
        await setTimeout(120);
        yield Buffer.from('but whole');
      })(),
    );
    const response = await client()({ method: 'POST', url, body, idleMs: 40 });
    expect(String(await readBody(response, 100))).toBe('slow, but whole');
  });
});

describe('a byte now and then', () => {
  /** Sends a byte each few milliseconds, for ever. */
  const drip = (socket: Socket): void => {
    const timer = setInterval(() => socket.write('a'), 5);
    socket.once('close', () => clearInterval(timer));
  };

  it('in the head: timeout', async () => {
    const port = await raw('HTTP/1.1 200 OK\r\nX-Slow: ', drip);
    const sent = client()({ url: `http://127.0.0.1:${port}/`, idleMs: 100 });
    expect(await failure(sent)).toMatchObject({ kind: 'timeout', retryable: true });
  });

  it('in the body: timeout', async () => {
    const port = await raw('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n', drip);
    const response = await client()({ url: `http://127.0.0.1:${port}/`, idleMs: 200 });
    expect(await failure(readBody(response, 1e9))).toMatchObject({ kind: 'timeout', retryable: true });
  });

  it('is taken where it is what was asked for', async () => {
    const port = await raw('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n', drip);
    const response = await client()({ url: `http://127.0.0.1:${port}/`, idleMs: 200, trickles: true });
    let got = 0;
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      got += chunk.byteLength;
      // More than three times the idle limit, at a byte each 5 ms.
      if (got >= 120) break;
    }
    expect(got).toBeGreaterThanOrEqual(120);
  });

  it('of a short body that never ends: timeout', async () => {
    const port = await raw('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n', drip);
    const response = await client()({ url: `http://127.0.0.1:${port}/` });
    expect(await failure(readBody(response, 65_536, 60))).toMatchObject({ kind: 'timeout', retryable: true });
    expect(response.body.destroyed).toBe(true);
  });

  it('taken from what we send: timeout', async () => {
    const port = await serveTcp((socket) => {
      socket.pause();
      const timer = setInterval(() => socket.read(1), 5);
      socket.once('close', () => clearInterval(timer));
    });
    const body = endless();
    const sent = client()({ method: 'PUT', url: `http://127.0.0.1:${port}/`, body, idleMs: 200 });
    expect(await failure(sent)).toMatchObject({ kind: 'timeout' });
  });
});

describe('an abort', () => {
  const reason = new Error('interrupted');

  it('before the request: nothing is sent, and the source is closed', async () => {
    const body = endless();
    const error = await failure(client()({ url: 'http://127.0.0.1:1/', signal: AbortSignal.abort(reason), body }));
    expect(error).toBe(reason);
    expect(body.destroyed).toBe(true);
  });

  it('while waiting for the answer: the reason is thrown', async () => {
    const abort = new AbortController();
    const url = await serveHttp(() => abort.abort(reason));
    expect(await failure(client()({ url, signal: abort.signal }))).toBe(reason);
  });

  it('in the middle of the body: the reason is thrown', async () => {
    const abort = new AbortController();
    const port = await raw('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', () => undefined);
    const response = await client()({ url: `http://127.0.0.1:${port}/`, signal: abort.signal });
    setImmediate(() => abort.abort(reason));
    expect(await failure(readBody(response, 100))).toBe(reason);
  });

  it('of an answer that is here but unread never makes a shorter one of it', async () => {
    const abort = new AbortController();
    const url = await serveHttp((_request, response) => response.end('the whole answer'));
    const response = await client()({ url, signal: abort.signal });
    while (!(response.body as Readable & { complete: boolean }).complete) await new Promise(setImmediate);
    abort.abort(reason);
    expect(await failure(readBody(response, 100))).toBe(reason);
  });
});

describe('a body', () => {
  it('is read up to its limit and no further', async () => {
    const url = await serveHttp((_request, response) => Readable.from(endless()).pipe(response));
    const http = client();
    const response = await http({ url });
    expect(await failure(readBody(response, 100_000))).toMatchObject({ kind: 'tooLarge', retryable: false });
    expect(response.body.destroyed).toBe(true);
    const exact = await serveHttp((_request, answer) => answer.end('12345'));
    expect(String(await readBody(await http({ url: exact }), 5))).toBe('12345');
    expect(await failure(readBody(await http({ url: exact }), 4))).toMatchObject({ kind: 'tooLarge' });
  });

  it('keeps the failure of its own source', async () => {
    const url = await serveHttp((request) => request.resume());
    const own = new Error('disk on fire');
    const body = Readable.from(
      (async function* () {
        yield Buffer.from('some');
        throw own;
      })(),
    );
    expect(await failure(client()({ method: 'POST', url, body }))).toBe(own);
  });

  it('that was closed before it was sent is refused at once', async () => {
    const body = Readable.from(['x']);
    body.destroy();
    await expect(client()({ method: 'POST', url: 'http://127.0.0.1:1/', body })).rejects.toThrow();
  });

  it('is sent no further once the answer is there', async () => {
    const url = await serveHttp((_request, response) => response.writeHead(401).end('no'));
    const body = endless();
    const closed = once(body, 'close');
    const response = await client()({ method: 'POST', url, body });
    expect(response.status).toBe(401);
    expect(String(await readBody(response, 100))).toBe('no');
    await closed;
  });
});

describe('an answer that is no HTTP', () => {
  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a broken header', 'HTTP/1.1 200 OK\r\nbad header\r\n\r\n'],
    ['headers without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`],
  ])('%s: malformed', async (_what, bytes) => {
    const port = await raw(bytes, (socket) => socket.end());
    expect(await failure(client()({ url: `http://127.0.0.1:${port}/` }))).toMatchObject({
      kind: 'malformed',
      retryable: false,
    });
  });

  it('a broken chunk: malformed', async () => {
    const port = await raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', (socket) => socket.end());
    const answer = client()({ url: `http://127.0.0.1:${port}/` }).then((response) => readBody(response, 100));
    expect(await failure(answer)).toMatchObject({ kind: 'malformed' });
  });
});

describe.skipIf(!hasProgram('openssl'))('TLS (needs the Debian package openssl)', () => {
  it('refuses a certificate that nobody trusts, and accepts it with its CA', async () => {
    const { caFile, localhost } = ownCa();
    const url = await serveHttps(localhost, (_request, response) => response.end('secret'));
    expect(await failure(client()({ url }))).toMatchObject({ kind: 'tls', retryable: false });
    expect(String(await readBody(await client({ caFile })({ url }), 100))).toBe('secret');
  });

  it("refuses a certificate that isn't this host's", async () => {
    const { caFile, localhost } = ownCa();
    const url = await serveHttps(localhost, (_request, response) => response.end('secret'));
    const error = await failure(client({ caFile })({ url: url.replace('localhost', '127.0.0.1') }));
    expect(error).toMatchObject({ kind: 'tls', peerCode: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it('says which CA file is missing, and which holds none', async () => {
    const missing = join(tmpdir(), 'tagboat-no-such-ca.pem');
    expect(await failure(client({ caFile: missing })({ url: 'https://localhost:1/' }))).toMatchObject({
      kind: 'tls',
      url: missing,
    });
    const { caFile, localhost } = ownCa();
    writeFileSync(caFile, '-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n');
    const url = await serveHttps(localhost, (_request, response) => response.end());
    expect(await failure(client({ caFile })({ url }))).toMatchObject({ kind: 'tls' });
  });

  it('plain HTTP where TLS is expected: tls', async () => {
    const url = await serveHttp((_request, response) => response.end('plain'));
    expect(await failure(client()({ url: url.replace('http:', 'https:') }))).toMatchObject({ kind: 'tls' });
  });
});

it.skipIf(!hasProgram('openssl')).each(['TAGBOAT_CA_FILE', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'])(
  "a CA of ours doesn't take those of %s away (openssl)",
  async (name) => {
    const [first, second] = [ownCa(), ownCa()];
    const url = await serveHttps(first.localhost, (_request, response) => response.end('trusted'));
    const caFile = second.caFile;
    expect(await failure(client({ caFile, env: { TAGBOAT_CA_FILE: '' } })({ url }))).toMatchObject({ kind: 'tls' });
    const both = client({ caFile, env: { [name]: first.caFile } });
    expect((await both({ url })).status).toBe(200);
    const text = client({ ca: readFileSync(caFile, 'utf8'), env: { [name]: first.caFile } });
    expect((await text({ url })).status).toBe(200);
  },
);

describe('a proxy', () => {
  /** A proxy that leads every tunnel to `port` and tells what it was asked for. */
  async function tunnel(port: () => number, answer = 'HTTP/1.1 200 Connection established\r\n\r\n') {
    const asked: string[] = [];
    const own = await serveTcp((socket) => {
      socket.once('data', (head) => {
        asked.push(String(head));
        if (!answer.startsWith('HTTP/1.1 200')) return void socket.end(answer);
        const peer = connect(port(), '127.0.0.1', () => {
          socket.write(answer);
          socket.pipe(peer).pipe(socket);
        });
        peer.on('error', () => socket.destroy());
        socket.on('close', () => peer.destroy());
      });
    });
    return { asked, url: `http://user:pass%20word@127.0.0.1:${own}` };
  }

  it.skipIf(!hasProgram('openssl'))('tunnels https, and our own CA counts there too (openssl)', async () => {
    const { caFile, localhost } = ownCa();
    // The certificate is for localhost, which is never proxied: the name asked for is another, the SNI stays unused.
    const url = await serveHttps(localhost, (_request, response) => response.end('through'));
    const proxy = await tunnel(() => Number(new URL(url).port));
    const http = client({ caFile, env: { HTTPS_PROXY: proxy.url } });
    const error = await failure(http({ url: 'https://registry.example:8443/v2/' }));
    // Reached, its CA trusted, and refused for the name alone: that is the tunnel and the CA at work.
    expect(error).toMatchObject({ kind: 'tls', peerCode: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(proxy.asked[0]).toMatch(/^CONNECT registry\.example:8443 HTTP\/1\.1\r\n/);
    expect(proxy.asked[0]).toContain(Buffer.from('user:pass word').toString('base64'));
  });

  it('is asked for plain http with the whole URL', async () => {
    const seen: (string | undefined)[] = [];
    const url = await serveHttp((request, response) => {
      seen.push(request.url);
      response.end('by proxy');
    });
    const http = client({ env: { http_proxy: url } });
    const response = await http({ url: 'http://registry.example/v2/?a=b' });
    expect(String(await readBody(response, 100))).toBe('by proxy');
    expect(seen).toEqual(['http://registry.example/v2/?a=b']);
  });

  it('that refuses the tunnel is not taken for the host behind it', async () => {
    const proxy = await tunnel(() => 0, 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    const http = client({ env: { HTTPS_PROXY: proxy.url } });
    expect(await failure(http({ url: 'https://registry.example/' }))).toMatchObject({
      kind: 'proxy',
      peerCode: '403',
      retryable: false,
    });
  });

  it('that never answers: timeout', async () => {
    const port = await serveTcp(() => undefined);
    const http = client({ env: { HTTPS_PROXY: `http://127.0.0.1:${port}` } });
    expect(await failure(http({ url: 'https://registry.example/', idleMs: 50 }))).toMatchObject({ kind: 'timeout' });
  });

  it('that is not there: unreachable', async () => {
    const http = client({ env: { HTTPS_PROXY: 'http://127.0.0.1:1', http_proxy: 'http://127.0.0.1:1' } });
    for (const scheme of ['http', 'https']) {
      expect(await failure(http({ url: `${scheme}://registry.example/` }))).toMatchObject({ kind: 'unreachable' });
    }
  });

  it('whose URL is unusable is refused without showing its password', async () => {
    for (const bad of ['ftp://user:hunter2@proxy', 'http://user:hunter2@:99999']) {
      const error = await failure(client({ env: { HTTPS_PROXY: bad } })({ url: 'https://registry.example/' }));
      expect(error).toMatchObject({ kind: 'unreachable', retryable: false });
      expect(JSON.stringify(error) + error.message).not.toContain('hunter2');
    }
  });
});

/** A source that never ends. */
function endless(): Readable {
  return new Readable({
    read() {
      this.push(Buffer.alloc(64 * 1024));
    },
  });
}
