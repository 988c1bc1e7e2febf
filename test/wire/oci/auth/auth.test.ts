import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RecordedRequest } from '../../../../src/sandbox/registry/registry.ts';
import { createHttp } from '../../../../src/wire/http/client.ts';
import { Secret } from '../../../../src/wire/secret.ts';
import { all, blobOf, bytesOf, clientOf, login, ociFailure, pushParts } from '../../../support/oci.ts';
import { type RegistryOptions, startOwnRegistry } from '../../../support/registries.ts';
import { serveHttp } from '../../../support/servers.ts';
import { jumpingClock } from '../../../support/world.ts';

async function registry(options: Omit<RegistryOptions, 'dir'>) {
  const own = await startOwnRegistry(options);
  onTestFinished(() => own.close());
  return own;
}

const verify = (username: string, password: string) => username === 'user' && password === 'hunter2';
const right = login('user', 'hunter2');
const wrong = login('user', 'guess');
const tokenRequests = (requests: readonly RecordedRequest[]) => requests.filter(({ path }) => path === '/token');

describe.each(['basic', 'bearer'] as const)('%s', (auth) => {
  it('lets in whoever has the right credentials', async () => {
    const own = await registry({ auth, verify });
    const client = clientOf(own.host, { credential: right });
    const manifest = await pushParts(client, 'acme/app', 'mine');
    await client.putManifest('acme/app', 'v1', manifest);
    expect((await client.headManifest('acme/app', 'v1'))?.digest).toBe(manifest.digest);
    const refused = own.requests.filter(({ status }) => status === 401);
    expect(refused.map(({ path }) => path)).toEqual(['/v2/']);
  });

  it.each([
    ['wrong ones', wrong],
    ['none', async () => undefined],
  ])('keeps out whoever has %s, having asked again but once', async (_what, credential) => {
    const own = await registry({ auth, verify });
    const client = clientOf(own.host, { credential });
    expect(await ociFailure(client.headManifest('acme/app', 'v1'))).toMatchObject({ status: 401, retryable: false });
    expect(await ociFailure(client.pushBlob('acme/app', blobOf(bytesOf('no', 10))))).toMatchObject({ status: 401 });
    expect(own.requests.length).toBeLessThanOrEqual(6);
  });

  it('masks what it sends before it sends it', async () => {
    const own = await registry({ auth, verify });
    const sent: { secret: string; masked: boolean }[] = [];
    const masked = new Set<string>();
    const http = createHttp();
    onTestFinished(() => http.close());
    const client = clientOf(own.host, {
      credential: right,
      mask: (secret) => void masked.add(secret),
      http: (request) => {
        const secret = request.headers?.authorization?.split(' ')[1];
        if (secret !== undefined) sent.push({ secret, masked: masked.has(secret) });
        return http(request);
      },
    });
    await client.headManifest('acme/app', 'v1');
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.filter((one) => !one.masked)).toEqual([]);
  });

  it('asks for the login again when it is refused, in case it was renewed', async () => {
    const own = await registry({ auth, verify });
    const given = ['old', 'hunter2'];
    const credential = async () => ({ username: 'user', password: new Secret(given.shift() ?? '', 'password') });
    const client = clientOf(own.host, { credential });
    // A token server's refusal ends the request; the next one begins with the login as it is by then.
    if (auth === 'bearer') await ociFailure(client.headManifest('acme/app', 'v1'));
    expect(await client.headManifest('acme/app', 'v1')).toBeUndefined();
  });

  it('tries a login again that could not be had the first time', async () => {
    const own = await registry({ auth, verify });
    const trouble = new Error('the helper failed');
    let asked = 0;
    const client = clientOf(own.host, {
      credential: async () => {
        if (++asked === 1) throw trouble;
        return right();
      },
    });
    await expect(client.headManifest('acme/app', 'v1')).rejects.toBe(trouble);
    expect(await client.headManifest('acme/app', 'v1')).toBeUndefined();
  });
});

describe('basic', () => {
  it('several first pushes at once, to a registry that lets everybody pull, are each sent again with the login', async () => {
    const own = await registry({
      auth: 'basic',
      authorize: (authorization, { actions }) =>
        actions.every((action) => action === 'pull') || authorization !== undefined ? 'allow' : 'challenge',
    });
    const client = clientOf(own.host, { credential: login('AWS', 'password') });
    // The registry answers `/v2/` to anybody, so only a refused push teaches that there is a way in at all.
    await expect(client.headManifest('app', 't')).resolves.toBeUndefined();
    const pushes = ['a', 'b', 'c', 'd'].map((seed) => client.pushBlob('app', blobOf(bytesOf(seed, 1_000))));
    expect(await Promise.all(pushes)).toEqual(['uploaded', 'uploaded', 'uploaded', 'uploaded']);
  });
});

describe('bearer', () => {
  it('asks for one token for all that goes on in a repository', async () => {
    const own = await registry({ auth: 'bearer', verify });
    const client = clientOf(own.host, { credential: right });
    const pushes = ['a', 'b', 'c', 'd'].map((seed) => client.pushBlob('acme/app', blobOf(bytesOf(seed, 100))));
    await Promise.all(pushes);
    await client.headManifest('acme/app', 'v1');
    expect(tokenRequests(own.requests).map(({ query }) => query.getAll('scope'))).toEqual([
      ['repository:acme/app:pull,push'],
    ]);
    expect(tokenRequests(own.requests)[0]?.query.get('service')).toBe('tagboat-sandbox');
  });

  it('never pushes with a token that is for pulling', async () => {
    const own = await registry({ auth: 'bearer', verify });
    const client = clientOf(own.host, { credential: right });
    await client.headManifest('acme/app', 'v1');
    await client.pushBlob('acme/app', blobOf(bytesOf('more', 100)));
    expect(tokenRequests(own.requests).map(({ query }) => query.get('scope'))).toEqual([
      'repository:acme/app:pull',
      'repository:acme/app:pull,push',
    ]);
    expect(own.requests.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  it('pulls without a login where anybody may', async () => {
    const own = await registry({ auth: 'bearer', verify, anonymousPull: true });
    const manifest = await pushParts(clientOf(own.host, { credential: right }), 'acme/app', 'public');
    await clientOf(own.host, { credential: right }).putManifest('acme/app', 'v1', manifest);
    const anybody = clientOf(own.host);
    expect((await anybody.getManifest('acme/app', 'v1'))?.digest).toBe(manifest.digest);
    expect(await ociFailure(anybody.pushBlob('acme/app', blobOf(bytesOf('no', 10))))).toMatchObject({ status: 401 });
  });

  it('renews a token before it ends', async () => {
    const clock = jumpingClock();
    const own = await registry({ auth: 'bearer', verify, tokenSeconds: 300, now: clock.now });
    const client = clientOf(own.host, { credential: right, clock });
    await client.headManifest('acme/app', 'v1');
    clock.advance(269_000);
    await client.headManifest('acme/app', 'v1');
    expect(tokenRequests(own.requests)).toHaveLength(1);
    clock.advance(2_000);
    await client.headManifest('acme/app', 'v1');
    expect(tokenRequests(own.requests)).toHaveLength(2);
    expect(own.requests.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  it('gets another one when the token ends in the middle of an upload, and sends that chunk again', async () => {
    const clock = jumpingClock();
    // The client believes in five minutes; the registry's own clock is ahead.
    let ahead = 0;
    let patches = 0;
    const own = await registry({
      auth: 'bearer',
      verify,
      now: () => clock.now() + ahead,
      fault: ({ method }) => {
        if (method === 'PATCH' && ++patches === 2) ahead = 400_000;
        return undefined;
      },
    });
    const client = clientOf(own.host, { credential: right, clock, chunkBytes: 50_000 });
    const blob = blobOf(bytesOf('ends', 150_000));
    expect(await client.pushBlob('acme/app', blob)).toBe('uploaded');
    expect(own.requests.filter(({ method, status }) => method === 'PATCH' && status === 401)).toHaveLength(1);
    expect(tokenRequests(own.requests)).toHaveLength(2);
    expect((await all(await client.getBlob('acme/app', blob))).equals(blob.bytes)).toBe(true);
  });

  it('trades an identity token in by OAuth2, never by Basic', async () => {
    const own = await registry({
      auth: 'bearer',
      verify: (username, password) => username === '<token>' && password === 'identity',
    });
    const client = clientOf(own.host, { credential: login('<token>', 'identity') });
    expect(await client.pushBlob('acme/app', blobOf(bytesOf('oauth', 100)))).toBe('uploaded');
    expect(tokenRequests(own.requests)).toMatchObject([{ method: 'POST', status: 200 }]);
    expect(tokenRequests(own.requests)[0]?.query.size).toBe(0);
    expect(tokenRequests(own.requests)[0]?.headers.authorization).toBeUndefined();
  });

  it('waits for a token server that is too busy', async () => {
    const own = await registry({
      auth: 'bearer',
      verify,
      fault: ({ path, number }) =>
        path === '/token' && number < 3 ? { is: 'answer', status: 429, headers: { 'retry-after': '3' } } : undefined,
    });
    const client = clientOf(own.host, { credential: right });
    expect(await client.headManifest('acme/app', 'v1')).toBeUndefined();
    expect(client.clock.slept).toEqual([3_125]);
  });

  it.each([
    ['HTML', 'text/html', '<html>login</html>'],
    ['no token', 'application/json', '{}'],
    ['nothing', 'application/json', 'null'],
    ['a token that fits no header', 'application/json', '{"token":"a\\r\\nb"}'],
  ])('a token server that answers %s is malformed', async (_what, type, body) => {
    const own = await registry({
      auth: 'bearer',
      fault: ({ path }) =>
        path === '/token' ? { is: 'answer', status: 200, headers: { 'content-type': type }, body } : undefined,
    });
    const failure = await ociFailure(clientOf(own.host, { credential: right }).headManifest('acme/app', 'v1'));
    expect(failure).toMatchObject({ kind: 'malformed', retryable: false });
  });

  it.each([
    'http://tokens.example/token',
    'http://192.0.2.1/token',
    'ftp://127.0.0.1/token',
    'token',
    '',
  ])('credentials are not sent to %j, which a challenge names', async (realm) => {
    let asked = 0;
    const url = await serveHttp((_request, response) => {
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end();
    });
    const http = createHttp();
    onTestFinished(() => http.close());
    const client = clientOf(new URL(url).host, {
      credential: right,
      http: (request) => {
        if (!String(request.url).startsWith(url)) asked++;
        return http(request);
      },
    });
    expect(await ociFailure(client.headManifest('acme/app', 'v1'))).toMatchObject({ kind: 'malformed' });
    expect(asked).toBe(0);
  });

  it('an https registry may not name a token server without TLS, this machine included', async () => {
    const asked: string[] = [];
    const client = clientOf('registry.example', {
      insecure: false,
      credential: right,
      http: async ({ url, headers }) => {
        asked.push(`${url} ${headers?.authorization ?? ''}`);
        const challenge = 'Bearer realm="http://127.0.0.1:1/token"';
        return { status: 401, headers: { 'www-authenticate': challenge }, body: Readable.from([]), url: String(url) };
      },
    });
    expect(await ociFailure(client.headManifest('acme/app', 'v1'))).toMatchObject({ kind: 'malformed' });
    expect(asked).toEqual(['https://registry.example/v2/ ']);
  });
});

it('a registry that wants a way in which nobody here knows is a plain refusal', async () => {
  const url = await serveHttp((_request, response) => {
    response.writeHead(401, { 'www-authenticate': 'Negotiate' }).end();
  });
  const client = clientOf(new URL(url).host, { credential: right });
  expect(await ociFailure(client.headManifest('acme/app', 'v1'))).toMatchObject({ status: 401 });
});
