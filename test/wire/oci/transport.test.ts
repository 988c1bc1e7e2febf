import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { WireFailure } from '../../../src/wire/failure.ts';
import type { HttpRequest } from '../../../src/wire/http.ts';
import type { OciAuth } from '../../../src/wire/oci/auth/auth.ts';
import { createOciTransport, type OciRequest, type OciTransportOptions } from '../../../src/wire/oci/transport.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';

type Answer =
  | WireFailure
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

const origin = 'https://r.test';
const read: OciRequest = {
  method: 'GET',
  to: '/v2/app/x',
  scopes: [{ repository: 'app', access: 'pull' }],
  expect: [200],
  repeat: true,
};
const found: Answer = { status: 200 };
const to = (location: string | undefined, status = 307): Answer => ({
  status,
  headers: location === undefined ? {} : { location },
});

/** A transport whose peers give these answers in turn, the last one for ever; with what was asked and read away. */
function open(
  answers: readonly Answer[],
  more: Partial<OciTransportOptions> & { readonly headers?: readonly string[] } = {},
) {
  const asked: HttpRequest[] = [];
  const bodies: Readable[] = [];
  const challenges: (string | undefined)[] = [];
  const headers = [...(more.headers ?? ['Basic a'])];
  const auth: OciAuth = {
    header: async () => (headers.length > 1 ? headers.shift() : headers[0]),
    challenged: (header) => {
      challenges.push(header);
      return header !== undefined;
    },
  };
  const left = [...answers];
  const world = testWorld({
    clock: jumpingClock(),
    http: async (request) => {
      asked.push(request);
      const answer = left.length > 1 ? left.shift() : left[0];
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('nothing to answer');
      const body = Readable.from([Buffer.from(answer.body ?? 'rest')]);
      bodies.push(body);
      return { status: answer.status, headers: answer.headers ?? {}, body, url: String(request.url) };
    },
  });
  const transport = createOciTransport({ ...world, host: 'r.test', origin, auth, ...more });
  const send = (request: Partial<OciRequest> = {}) =>
    transport.send({ ...read, ...request }, async ({ status, from }) => `${status} ${from}`);
  const refused = (request: Partial<OciRequest> = {}): Promise<unknown> =>
    send(request).then(
      (answer) => expect.unreachable(answer),
      (error: unknown) => error,
    );
  return { ...{ world, transport, asked, bodies, challenges, send, refused } };
}

const urls = (asked: readonly HttpRequest[]) => asked.map(({ url }) => String(url));
const shown = (asked: readonly HttpRequest[]) => asked.map(({ headers }) => headers?.authorization);

describe('a request to a registry', () => {
  it('is sent with what it needs, and answered with where that came from', async () => {
    const { send, asked, world } = open([found]);
    expect(await send({ headers: { accept: 'x' }, body: Buffer.from('b'), idleMs: 7 })).toBe(
      '200 https://r.test/v2/app/x',
    );
    expect(asked).toMatchObject([{ method: 'GET', headers: { accept: 'x', authorization: 'Basic a' }, idleMs: 7 }]);
    expect(asked[0]?.signal).toBe(world.signal);
    expect(String(asked[0]?.body)).toBe('b');
  });

  it('sends a stream made anew for each try, under a signal of its own', async () => {
    const { signal } = new AbortController();
    const { send, asked } = open([{ status: 503 }, found]);
    await send({ body: () => Readable.from(['b']), signal });
    expect(asked[0]?.body).toBeInstanceOf(Readable);
    expect(asked[1]?.body).not.toBe(asked[0]?.body);
    expect(asked.every((one) => one.signal === signal)).toBe(true);
  });

  it('sends nothing to show where nothing is known', async () => {
    const { send, asked } = open([found], { auth: { header: async () => undefined, challenged: () => false } });
    await send();
    expect(Object.keys(asked[0]?.headers ?? {})).toEqual([]);
  });
});

describe('a redirect', () => {
  it('is followed with the credentials at the registry’s own origin alone, and its rest is read away', async () => {
    const { send, asked, bodies } = open([to('/v2/app/y'), to('https://cdn.test/z'), to('https://r.test/w'), found]);
    expect(await send()).toBe('200 https://r.test/w');
    expect(urls(asked)).toEqual([
      'https://r.test/v2/app/x',
      'https://r.test/v2/app/y',
      'https://cdn.test/z',
      'https://r.test/w',
    ]);
    expect(shown(asked)).toEqual(['Basic a', 'Basic a', undefined, 'Basic a']);
    expect(bodies.slice(0, 3).every(({ readableEnded }) => readableEnded)).toBe(true);
  });

  it('is an answer where it is expected', async () => {
    const { send } = open([to('/y')]);
    expect(await send({ expect: [307] })).toBe('307 https://r.test/v2/app/x');
  });

  it('is followed five times', async () => {
    expect(await open([...Array(5).fill(to('/y')), found]).send()).toMatch(/^200/);
    const { refused, asked } = open([...Array(6).fill(to('/y')), found]);
    expect(await refused()).toMatchObject({ kind: 'malformed', retryable: false });
    expect(asked).toHaveLength(6);
  });

  it.each<[OciRequest['method'], number, string, boolean]>([
    ['GET', 302, 'https://cdn.test/y', true],
    ['HEAD', 301, 'https://cdn.test/y', true],
    ['PUT', 307, '/y', true],
    ['PUT', 308, '/y', true],
    ['PUT', 303, '/y', false],
    ['PUT', 307, 'https://cdn.test/y', false],
    ['POST', 302, '/y', false],
  ])('of %s by %i to %s is followed: %s', async (method, status, location, followed) => {
    const { send, refused, asked } = open([to(location, status), found]);
    if (followed) expect(await send({ method })).toMatch(/^200/);
    else expect(await refused({ method })).toMatchObject({ kind: 'malformed' });
    expect(asked).toHaveLength(followed ? 2 : 1);
  });

  it.each<[string | undefined, string, string | undefined]>([
    ['https://cdn.test/y', 'https://r.test/x', 'https://cdn.test/y'],
    ['y?a=b', 'https://r.test/v2/x', 'https://r.test/v2/y?a=b'],
    ['http://r.test/y', 'https://r.test/x', 'https://r.test/y'],
    ['http://r.test:80/y', 'https://r.test:8443/x', 'https://r.test:8443/y'],
    ['http://cdn.test/y', 'https://r.test/x', undefined],
    ['http://cdn.test/y', 'http://r.test/x', 'http://cdn.test/y'],
    ['http://r.test/y', 'http://r.test/x', 'http://r.test/y'],
    ['https://cdn.test/y', 'http://r.test/x', 'https://cdn.test/y'],
    ['ftp://r.test/y', 'https://r.test/x', undefined],
    ['ftp://r.test/y', 'http://r.test/x', undefined],
    ['https://', 'https://r.test/x', undefined],
    [undefined, 'https://r.test/x', undefined],
  ])('to %s from %s leads to %s', (location, from, url) => {
    const { transport } = open([found]);
    const resolve = () => String(transport.resolve(location, new URL(from)));
    if (url === undefined) expect(resolve).toThrow(expect.objectContaining({ kind: 'malformed' }));
    else expect(resolve()).toBe(url);
  });
});

describe('a challenge', () => {
  const challenge: Answer = { status: 401, headers: { 'www-authenticate': 'Basic' } };

  it('is answered once, with another header than the one refused', async () => {
    const { send, asked, bodies } = open([challenge, found], { headers: ['Basic a', 'Basic b'] });
    expect(await send()).toMatch(/^200/);
    expect(shown(asked)).toEqual(['Basic a', 'Basic b']);
    expect(bodies[0]?.readableEnded).toBe(true);
    const second = open([challenge], { headers: ['Basic a', 'Basic b'] });
    expect(await second.refused()).toMatchObject({ status: 401, answerer: 'registry' });
    expect(second.asked).toHaveLength(2);
  });

  it('is not answered with the same again, nor without one, nor where the answer is another', async () => {
    for (const [answer, headers] of [
      [challenge, ['Basic a']],
      [{ status: 401 }, ['Basic a', 'Basic b']],
      [{ ...challenge, status: 403 }, ['Basic a', 'Basic b']],
    ] as const) {
      const { refused, asked } = open([answer], { headers });
      expect(await refused()).toMatchObject({ status: answer.status });
      expect(asked).toHaveLength(1);
    }
  });

  it('of another host that the registry leads to is not listened to', async () => {
    const { refused, asked, challenges } = open([to('https://cdn.test/y'), challenge], {
      headers: ['Basic a', 'Basic b'],
    });
    expect(await refused()).toMatchObject({ status: 401, answerer: 'redirect' });
    expect([asked.length, challenges]).toEqual([2, []]);
  });
});

describe('a refusal', () => {
  it('has the words of whoever gave it', async () => {
    const body = '{"errors":[{"code":"DENIED","message":"no"}]}';
    const failure = await open([{ status: 403, body }]).refused();
    expect(failure).toMatchObject({
      ...{ kind: 'status', status: 403, codes: ['DENIED'], peerText: 'no', answerer: 'registry', host: 'r.test' },
      ...{ repository: 'app', retryable: false, url: 'https://r.test/v2/app/x' },
    });
    expect(await open([{ status: 403 }]).refused({ scopes: [] })).toMatchObject({ repository: undefined });
  });

  it('that passes is borne, as long as it asks to wait', async () => {
    const { send, asked, world } = open([{ status: 429, headers: { 'retry-after': '7' } }, { status: 503 }, found]);
    expect(await send()).toMatch(/^200/);
    expect(asked).toHaveLength(3);
    expect(world.clock.slept[0]).toBeGreaterThanOrEqual(7_000);
  });

  it.each<[string, Answer, boolean]>([
    ['too many requests', { status: 429 }, true],
    ['a host where nobody listens', new WireFailure('unreachable', origin), true],
    ['a server that fails', { status: 503 }, false],
    ['a connection that is cut', new WireFailure('cut', origin), false],
  ])('of what may not be done twice is borne for %s: %s', async (_, answer, borne) => {
    const { send, refused } = open([answer, found]);
    if (borne) expect(await send({ repeat: false })).toMatch(/^200/);
    else expect(await refused({ repeat: false })).toMatchObject({ host: 'r.test', repository: 'app' });
    expect(await open([answer, found]).send()).toMatch(/^200/);
  });

  it('is borne for as many tries as the request has, or the transport', async () => {
    for (const [tries, maxTries, times] of [
      [2, undefined, 2],
      [undefined, 3, 3],
      [2, 3, 2],
    ] as const) {
      const { refused, asked } = open([{ status: 503 }], { maxTries });
      expect(await refused(tries === undefined ? {} : { tries })).toMatchObject({ status: 503 });
      expect(asked).toHaveLength(times);
    }
  });

  it('while an answer is read is one of that request too, and a fault of our own is none', async () => {
    const { transport, asked } = open([found]);
    const cut = new WireFailure('cut', origin);
    let reads = 0;
    const reading = async () => {
      reads += 1;
      if (reads === 1) throw cut;
      return 'read';
    };
    expect(await transport.send(read, reading)).toBe('read');
    expect(asked).toHaveLength(2);
    const fault = new TypeError('a fault');
    await expect(transport.send(read, () => Promise.reject(fault))).rejects.toBe(fault);
    expect(asked).toHaveLength(3);
  });

  it('is told in words that are read to a limit, and none where they can’t be read', async () => {
    const long = await open([{ status: 404, body: 'x'.repeat(70_000) }]).refused();
    expect(long).toMatchObject({ status: 404, peerText: '' });
  });

  it('has one patience with loops of requests', async () => {
    const { transport } = open([found], { maxTries: 2 });
    const patience = transport.patience();
    const cut = new WireFailure('cut', origin);
    await patience.after(cut);
    await expect(patience.after(cut)).rejects.toBe(cut);
    await expect(transport.patience(() => false).after(cut)).rejects.toBe(cut);
  });
});
