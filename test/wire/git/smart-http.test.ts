import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WireFailure } from '../../../src/wire/failure.ts';
import { type GitRemote, openRemote } from '../../../src/wire/git/remote.ts';
import type { Http } from '../../../src/wire/http.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';

const branch = 'refs/heads/main';
const tip = 'a'.repeat(40);
const listed = `003d${tip} ${branch}\n0000`;
const listedType = { 'content-type': 'application/x-git-upload-pack-result' };

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/r.git`;
}

/** A remote in a world whose waits are over at once, and what it told. */
function remoteAt(url: string, options: { http?: (own: Http) => Http; ms?: number; patient?: boolean } = {}) {
  const own = testWorld({ clock: jumpingClock() });
  const world = { ...own, http: options.http?.(own.http) ?? own.http };
  const told: string[] = [];
  const about: Parameters<typeof openRemote>[1] = {
    url,
    authorization: undefined,
    idleMs: 5_000,
    deadline: world.clock.now() + (options.ms ?? 120_000),
    patientUntil: options.patient === false ? 0 : undefined,
    notice: (message) => told.push(message),
  };
  const remote: GitRemote = openRemote(world, about);
  return { clock: own.clock, told, tips: () => remote.refs([branch], 10) };
}

describe('a request to a git host', () => {
  it.each([
    [502, 3_000],
    [503, 40_000],
    [504, 90_000],
    [429, 20_000],
  ])('that is answered with %i for %i ms is tried again until it is not, and that is told', async (status, ms) => {
    let until = 0;
    let now = () => 0;
    const url = await served((_, outgoing) => {
      if (now() < until) outgoing.writeHead(status).end();
      else outgoing.writeHead(200, listedType).end(listed);
    });
    const { clock, told, tips } = remoteAt(url);
    now = clock.now;
    until = clock.now() + ms;
    expect((await tips()).get(branch)).toBe(tip);
    expect(told).toHaveLength(1);
  });

  it.each([
    ['where nobody listens for a moment', 'ECONNREFUSED', 5_000, undefined],
    ['where nobody listens', 'ECONNREFUSED', Number.POSITIVE_INFINITY, 45_000],
    ['whose name is not known', 'ENOTFOUND', Number.POSITIVE_INFINITY, 3_000],
  ])('to a host %s is tried again as long as that may pass', async (_, peerCode, ms, endsWithin) => {
    const url = await served((__, outgoing) => outgoing.writeHead(200, listedType).end(listed));
    let tries = 0;
    const { clock, tips } = remoteAt(url, {
      http: (own) => async (request) => {
        tries += 1;
        if (clock.now() - began < ms) throw new WireFailure('unreachable', url, { peerCode });
        return own(request);
      },
    });
    const began = clock.now();
    if (endsWithin === undefined) expect((await tips()).get(branch)).toBe(tip);
    else await expect(tips()).rejects.toMatchObject({ kind: 'unreachable' });
    expect(tries).toBeGreaterThan(3);
    expect(clock.now() - began).toBeLessThan(endsWithin ?? ms + 15_000);
  });

  it('is given up when the asker has less patience, and at once where the host asks for more than that', async () => {
    let tries = 0;
    const url = await served((_, outgoing) => {
      tries += 1;
      outgoing.writeHead(503).end();
    });
    const { clock, tips } = remoteAt(url, { patient: false });
    const began = clock.now();
    await expect(tips()).rejects.toMatchObject({ status: 503 });
    expect(clock.now() - began).toBeLessThan(2_500);
    expect(tries).toBeGreaterThan(1);
    tries = 0;
    const later = await served((_, outgoing) => {
      tries += 1;
      outgoing.writeHead(503, { 'retry-after': '3600' }).end();
    });
    await expect(remoteAt(later).tips()).rejects.toMatchObject({ status: 503, retryAfterMs: 3_600_000 });
    expect(tries).toBe(1);
  });

  it('that is limited by 403 with a time to come again comes again then; a plain 403 is a no', async () => {
    const answers: [number, Record<string, string>][] = [
      [403, { 'retry-after': '7' }],
      [200, listedType],
    ];
    const url = await served((_, outgoing) => {
      const [status, headers] = answers.shift() ?? [403, {}];
      outgoing.writeHead(status, headers).end(status === 200 ? listed : '');
    });
    const { clock, tips } = remoteAt(url);
    const began = clock.now();
    expect((await tips()).get(branch)).toBe(tip);
    expect(clock.now() - began).toBeGreaterThanOrEqual(7_000);
    await expect(tips()).rejects.toMatchObject({ status: 403, retryable: false });
  });

  it.each([
    ['its head', false],
    ['its body', true],
  ])('is not waited for beyond its deadline by a peer that sends %s a byte at a time', async (_, headFirst) => {
    const url = await served((incoming, outgoing) => {
      const { socket } = incoming;
      if (headFirst) outgoing.writeHead(200, listedType).flushHeaders();
      else socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
      const drip = setInterval(() => socket.write(headFirst ? '1\r\na\r\n' : 'a'), 20);
      socket.once('close', () => clearInterval(drip));
    });
    await expect(remoteAt(url, { ms: 200 }).tips()).rejects.toMatchObject({ kind: 'timeout', retryable: false });
  });

  it('is over with its answer, however slowly something drips behind it', async () => {
    const url = await served((incoming, outgoing) => {
      outgoing.writeHead(200, listedType).write(listed);
      const drip = setInterval(() => outgoing.write('a'), 20);
      incoming.socket.once('close', () => clearInterval(drip));
    });
    expect((await remoteAt(url).tips()).get(branch)).toBe(tip);
  });
});
