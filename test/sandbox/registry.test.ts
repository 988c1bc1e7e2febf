import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRegistry } from '../../src/sandbox/registry/registry.ts';
import { digestOf } from '../../src/wire/oci/digest.ts';
import { mediaTypes } from '../../src/wire/oci/manifest.ts';
import { blobOf, bytesOf, clientOf, pushParts } from '../support/oci.ts';
import { type RegistryOptions, startOwnRegistry } from '../support/registries.ts';

async function registry(options: Omit<RegistryOptions, 'dir'> = {}) {
  const own = await startOwnRegistry(options);
  onTestFinished(() => own.close());
  const ask = async (
    method: string,
    path: string,
    init: { body?: string | Buffer; headers?: Record<string, string> } = {},
  ) => {
    const response = await fetch(new URL(path, own.url), { method, redirect: 'manual', ...init });
    const body = await response.text();
    return { status: response.status, headers: response.headers, body };
  };
  return { ...own, ask };
}

const codes = (body: string) => (JSON.parse(body) as { errors: { code: string }[] }).errors.map(({ code }) => code);
const begin = async (ask: Awaited<ReturnType<typeof registry>>['ask'], query = '') => {
  const { status, headers } = await ask('POST', `/v2/acme/app/blobs/uploads/${query}`);
  expect(status).toBe(202);
  return headers.get('location') ?? '';
};

describe('an upload', () => {
  it('takes chunks in order, says how far it is, and verifies the whole', async () => {
    const { ask } = await registry();
    const blob = blobOf(bytesOf('chunks', 300));
    const place = await begin(ask);
    const patch = (start: number, end: number) =>
      ask('PATCH', place, {
        body: blob.bytes.subarray(start, end),
        headers: { 'content-range': `${start}-${end - 1}`, 'content-type': 'application/octet-stream' },
      });
    expect((await patch(0, 100)).headers.get('range')).toBe('0-99');
    expect(await patch(50, 150)).toMatchObject({ status: 416 });
    expect(await patch(200, 300)).toMatchObject({ status: 416 });
    const at = await ask('GET', place);
    expect([at.status, at.headers.get('range'), at.headers.get('location')]).toEqual([204, '0-99', place]);
    expect(await patch(100, 300)).toMatchObject({ status: 202 });
    const end = await ask('PUT', `${place}?digest=${blob.digest}`);
    expect([end.status, end.headers.get('docker-content-digest')]).toEqual([201, blob.digest]);
    const head = await ask('HEAD', `/v2/acme/app/blobs/${blob.digest}`);
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '300']);
    expect(await ask('GET', place)).toMatchObject({ status: 404 });
  });

  it('takes a stream without a range, a last chunk with the end, and a whole blob at once', async () => {
    const { ask } = await registry();
    const blob = blobOf(bytesOf('ways', 300));
    const place = await begin(ask);
    await ask('PATCH', place, { body: blob.bytes.subarray(0, 100) });
    await ask('PATCH', place, { body: blob.bytes.subarray(100, 200) });
    const ended = await ask('PUT', `${place}?digest=${blob.digest}`, { body: blob.bytes.subarray(200) });
    expect(ended.status).toBe(201);
    const once = await ask('POST', `/v2/acme/other/blobs/uploads/?digest=${blob.digest}`, { body: blob.bytes });
    expect(once.status).toBe(201);
    expect((await ask('HEAD', `/v2/acme/other/blobs/${blob.digest}`)).status).toBe(200);
  });

  it('of other bytes is refused and gone', async () => {
    const { ask } = await registry();
    const place = await begin(ask);
    const end = await ask('PUT', `${place}?digest=${digestOf('right')}`, { body: 'wrong' });
    expect([end.status, codes(end.body)]).toEqual([400, ['DIGEST_INVALID']]);
    expect((await ask('HEAD', `/v2/acme/app/blobs/${digestOf('right')}`)).status).toBe(404);
    expect(codes((await ask('GET', place)).body)).toEqual(['BLOB_UPLOAD_UNKNOWN']);
  });

  it('can be dropped, and belongs to its repository alone', async () => {
    const { ask } = await registry();
    const place = await begin(ask);
    expect((await ask('GET', place.replace('/app/', '/other/'))).status).toBe(404);
    expect((await ask('DELETE', place)).status).toBe(204);
    expect((await ask('DELETE', place)).status).toBe(404);
    expect((await ask('PATCH', place, { body: 'x' })).status).toBe(404);
  });
});

describe('a manifest', () => {
  it('is kept as it came, under its tag and its digest, with its kind', async () => {
    const { ask, host } = await registry();
    const manifest = await pushParts(clientOf(host), 'acme/app', 'kept');
    const body = Buffer.from(manifest.bytes);
    const put = await ask('PUT', '/v2/acme/app/manifests/v1', {
      body,
      headers: { 'content-type': manifest.mediaType },
    });
    expect([put.status, put.headers.get('docker-content-digest')]).toEqual([201, manifest.digest]);
    for (const reference of ['v1', manifest.digest]) {
      const got = await ask('GET', `/v2/acme/app/manifests/${reference}`);
      expect([got.status, got.headers.get('content-type'), got.body]).toEqual([200, manifest.mediaType, String(body)]);
      const head = await ask('HEAD', `/v2/acme/app/manifests/${reference}`);
      expect([head.headers.get('content-length'), head.headers.get('docker-content-digest')]).toEqual([
        String(body.byteLength),
        manifest.digest,
      ]);
    }
  });

  it.each([
    ['text that is no JSON', 'v1', 'nonsense', mediaTypes.ociManifest, 400, 'MANIFEST_INVALID'],
    [
      'another kind than it says',
      'v1',
      JSON.stringify({ mediaType: mediaTypes.ociIndex }),
      mediaTypes.ociManifest,
      400,
      'MANIFEST_INVALID',
    ],
    ['another digest than its name', digestOf('x'), '{}', mediaTypes.ociManifest, 400, 'DIGEST_INVALID'],
    [
      'parts that are not there',
      'v1',
      JSON.stringify({ config: { digest: digestOf('x') } }),
      mediaTypes.ociManifest,
      400,
      'MANIFEST_BLOB_UNKNOWN',
    ],
    [
      'children that are not there',
      'v1',
      JSON.stringify({ manifests: [{ digest: digestOf('x') }] }),
      mediaTypes.ociIndex,
      400,
      'MANIFEST_BLOB_UNKNOWN',
    ],
    ['a name that is no tag', '-v1', '{}', mediaTypes.ociManifest, 400, 'TAG_INVALID'],
    ['more than 4 MiB', 'v1', ' '.repeat(4 * 1024 * 1024 + 1), mediaTypes.ociManifest, 413, 'SIZE_INVALID'],
  ])('of %s is refused', async (_what, reference, body, type, status, code) => {
    const { ask } = await registry();
    const put = await ask('PUT', `/v2/acme/app/manifests/${reference}`, { body, headers: { 'content-type': type } });
    expect([put.status, codes(put.body)]).toEqual([status, [code]]);
  });

  it('under an immutable tag stays; the same one may come again', async () => {
    const { ask, host } = await registry({ immutableTags: true });
    const client = clientOf(host);
    const [one, two] = [await pushParts(client, 'acme/app', 'one'), await pushParts(client, 'acme/app', 'two')];
    const put = (manifest: typeof one) =>
      ask('PUT', '/v2/acme/app/manifests/v1', {
        body: Buffer.from(manifest.bytes),
        headers: { 'content-type': manifest.mediaType },
      });
    expect((await put(one)).status).toBe(201);
    const refused = await put(two);
    expect([refused.status, codes(refused.body)]).toEqual([400, ['TAG_INVALID']]);
    expect((await put(one)).status).toBe(201);
    expect((await client.headManifest('acme/app', 'v1'))?.digest).toBe(one.digest);
  });

  it('of two put at once under an immutable tag, one wins', async () => {
    const { host } = await registry({ immutableTags: true });
    const client = clientOf(host);
    const manifests = await Promise.all(['a', 'b', 'c', 'd'].map((seed) => pushParts(client, 'acme/app', seed)));
    const puts = await Promise.allSettled(manifests.map((manifest) => client.putManifest('acme/app', 'v1', manifest)));
    expect(puts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const winner = manifests[puts.findIndex(({ status }) => status === 'fulfilled')];
    expect((await client.headManifest('acme/app', 'v1'))?.digest).toBe(winner?.digest);
  });

  it('goes with its tags; a tag goes alone', async () => {
    const { ask, host } = await registry();
    const client = clientOf(host);
    const manifest = await pushParts(client, 'acme/app', 'gone');
    for (const tag of ['a', 'b']) await client.putManifest('acme/app', tag, manifest);
    expect((await ask('DELETE', '/v2/acme/app/manifests/a')).status).toBe(202);
    expect(await client.headManifest('acme/app', 'a')).toBeUndefined();
    expect((await client.headManifest('acme/app', 'b'))?.digest).toBe(manifest.digest);
    expect((await ask('DELETE', `/v2/acme/app/manifests/${manifest.digest}`)).status).toBe(202);
    expect(await client.headManifest('acme/app', 'b')).toBeUndefined();
    expect((await ask('DELETE', `/v2/acme/app/manifests/${manifest.digest}`)).status).toBe(404);
  });
});

describe('a blob', () => {
  it.each([
    ['bytes=0-9', 206, 'bytes 0-9/100', 10],
    ['bytes=90-', 206, 'bytes 90-99/100', 10],
    ['bytes=90-500', 206, 'bytes 90-99/100', 10],
    ['bytes=100-', 416, 'bytes */100', 0],
    ['bytes=9-3', 416, 'bytes */100', 0],
    ['lines=1-2', 200, null, 100],
  ])('is given by the range %s', async (range, status, contentRange, length) => {
    const { ask, host } = await registry();
    const blob = blobOf(Buffer.from('0123456789'.repeat(10)));
    await clientOf(host).pushBlob('acme/app', blob);
    const got = await ask('GET', `/v2/acme/app/blobs/${blob.digest}`, { headers: { range } });
    expect([got.status, got.headers.get('content-range'), got.body.length]).toEqual([status, contentRange, length]);
  });

  it('is seen in its own repository alone, and can be removed from it', async () => {
    const { ask, host } = await registry();
    const blob = blobOf(bytesOf('own', 100));
    await clientOf(host).pushBlob('acme/app', blob);
    expect((await ask('GET', `/v2/acme/other/blobs/${blob.digest}`)).status).toBe(404);
    expect((await ask('DELETE', `/v2/acme/app/blobs/${blob.digest}`)).status).toBe(202);
    expect((await ask('GET', `/v2/acme/app/blobs/${blob.digest}`)).status).toBe(404);
  });
});

describe('lists', () => {
  it('tags come in order, in pages, each leading to the next', async () => {
    const { ask, host } = await registry();
    const client = clientOf(host);
    const manifest = await pushParts(client, 'acme/app', 'tags');
    for (const tag of ['v3', 'v1', 'v2']) await client.putManifest('acme/app', tag, manifest);
    const whole = await ask('GET', '/v2/acme/app/tags/list');
    expect([JSON.parse(whole.body), whole.headers.get('link')]).toEqual([
      { name: 'acme/app', tags: ['v1', 'v2', 'v3'] },
      null,
    ]);
    const page = await ask('GET', '/v2/acme/app/tags/list?n=2');
    expect(JSON.parse(page.body)).toEqual({ name: 'acme/app', tags: ['v1', 'v2'] });
    const next = /^<(.*)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
    const last = await ask('GET', next);
    expect([JSON.parse(last.body), last.headers.get('link')]).toEqual([{ name: 'acme/app', tags: ['v3'] }, null]);
    expect((await ask('GET', '/v2/nothing/tags/list')).status).toBe(404);
    expect(JSON.parse((await ask('GET', '/v2/_catalog')).body)).toEqual({ repositories: ['acme/app'] });
  });
});

describe('the registry', () => {
  it('has everything again when it is started on the same folder', async () => {
    const first = await registry();
    const client = clientOf(first.host);
    const manifest = await pushParts(client, 'acme/app', 'again');
    await client.putManifest('acme/app', 'v1', manifest);
    const second = await startRegistry({ dir: first.dir });
    onTestFinished(() => second.close());
    const got = await clientOf(second.host).getManifest('acme/app', 'v1');
    expect(got?.digest).toBe(manifest.digest);
  });

  it('keeps content once, in files named by their digest', async () => {
    const { host, dir } = await registry();
    const client = clientOf(host);
    const blob = blobOf(bytesOf('once', 100));
    await client.pushBlob('acme/app', blob);
    await client.pushBlob('acme/other', blob);
    const hex = blob.digest.slice('sha256:'.length);
    expect(readFileSync(join(dir, 'blobs', 'sha256', hex.slice(0, 2), hex)).equals(blob.bytes)).toBe(true);
  });

  it('makes no repository by itself where it has to be there before', async () => {
    const { ask, createRepository } = await registry({ createOnPush: false });
    expect(codes((await ask('POST', '/v2/acme/app/blobs/uploads/')).body)).toEqual(['NAME_UNKNOWN']);
    createRepository('acme/app');
    expect((await ask('POST', '/v2/acme/app/blobs/uploads/')).status).toBe(202);
  });

  it.each([
    ['/v2/UPPER/manifests/v1', 400],
    ['/v2/a..b/manifests/v1', 400],
    ['/v2/acme/_tags/manifests/v1', 400],
    ['/v2/acme/app/blobs/sha256:12', 400],
    ['/v2/acme/app/blobs/sha256:..%2f..%2f..%2fetc%2fpasswd', 400],
    ['/v2/acme/app/nothing', 404],
    ['/etc/passwd', 404],
  ])('refuses %s', async (path, status) => {
    expect((await (await registry()).ask('GET', path)).status).toBe(status);
  });

  it('lives through what is no request', async () => {
    const { host, ask } = await registry();
    const [name = '', port = ''] = host.split(':');
    for (const bytes of [
      'GET //:99999999/ HTTP/1.1\r\nHost: \x01\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a b\r\n\r\n',
      '\x16\x03\x01',
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), name, () => socket.end(bytes));
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
        socket.resume();
      });
    }
    expect((await ask('GET', '/v2/')).status).toBe(200);
  });

  it('remembers what was asked, and of a login only its kind', async () => {
    const { ask, requests } = await registry({ auth: 'basic' });
    await ask('GET', '/v2/acme/app/tags/list?n=1', { headers: { authorization: 'Basic QVdTOnNlY3JldA==' } });
    expect(requests).toMatchObject([
      { number: 1, method: 'GET', path: '/v2/acme/app/tags/list', repository: 'acme/app', status: 404 },
    ]);
    expect(requests[0]?.query.get('n')).toBe('1');
    expect(JSON.stringify(requests)).not.toContain('QVdT');
    expect(requests[0]?.headers.authorization).toBe('Basic');
  });
});

describe('who may do what', () => {
  it('Basic as ECR has it: user AWS and a password that a callback knows', async () => {
    const { ask } = await registry({ auth: 'basic', verify: (user, password) => user === 'AWS' && password === 'a:b' });
    const refused = await ask('GET', '/v2/');
    expect([refused.status, codes(refused.body)]).toEqual([401, ['UNAUTHORIZED']]);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Basic realm="/);
    const as = (text: string) =>
      ask('GET', '/v2/', { headers: { authorization: `Basic ${Buffer.from(text).toString('base64')}` } });
    expect((await as('AWS:a:b')).status).toBe(200);
    expect((await as('AWS:wrong')).status).toBe(401);
    expect((await as('nothing')).status).toBe(401);
  });

  it('tokens are for their repository, their actions and their time', async () => {
    let now = 0;
    const { ask } = await registry({ auth: 'bearer', tokenSeconds: 60, now: () => now });
    const token = await ask('GET', '/token?scope=repository:acme/app:pull', {
      headers: { authorization: `Basic ${Buffer.from('user:x').toString('base64')}` },
    });
    const { token: value, expires_in } = JSON.parse(token.body) as { token: string; expires_in: number };
    expect(expires_in).toBe(60);
    const headers = { authorization: `Bearer ${value}` };
    expect((await ask('GET', '/v2/acme/app/manifests/v1', { headers })).status).toBe(404);
    const other = await ask('GET', '/v2/acme/other/manifests/v1', { headers });
    expect(other.headers.get('www-authenticate')).toContain('scope="repository:acme/other:pull",error="invalid_token"');
    expect((await ask('POST', '/v2/acme/app/blobs/uploads/', { headers })).status).toBe(401);
    now = 60_000;
    expect((await ask('GET', '/v2/acme/app/manifests/v1', { headers })).status).toBe(401);
    expect((await ask('GET', '/token?scope=repository:acme/app:pull')).status).toBe(401);
  });

  it('a rule of the caller decides instead', async () => {
    const seen: unknown[] = [];
    const { ask } = await registry({
      authorize: (authorization, access) => {
        seen.push([authorization, access]);
        return access.repository === 'acme/secret' ? 'deny' : 'allow';
      },
    });
    expect((await ask('GET', '/v2/acme/app/tags/list')).status).toBe(404);
    const denied = await ask('PUT', '/v2/acme/secret/manifests/v1', { headers: { authorization: 'X y' } });
    expect([denied.status, codes(denied.body)]).toEqual([403, ['DENIED']]);
    expect(seen).toEqual([
      [undefined, { repository: 'acme/app', actions: ['pull'] }],
      ['X y', { repository: 'acme/secret', actions: ['pull', 'push'] }],
    ]);
  });

  it('nothing is mounted from a repository that may not be read', async () => {
    const { ask, host } = await registry({
      authorize: (authorization, { repository }) =>
        repository === 'acme/secret' && authorization !== 'Basic owner' ? 'deny' : 'allow',
    });
    const blob = blobOf(bytesOf('secret', 100));
    const owner = { headers: { authorization: 'Basic owner' } };
    await ask('POST', `/v2/acme/secret/blobs/uploads/?digest=${blob.digest}`, { ...owner, body: blob.bytes });
    const mount = (init = {}) => ask('POST', `/v2/acme/app/blobs/uploads/?mount=${blob.digest}&from=acme/secret`, init);
    expect((await mount()).status).toBe(202);
    expect(await clientOf(host).hasBlob('acme/app', blob.digest)).toBeUndefined();
    expect((await mount(owner)).status).toBe(201);
  });
});
