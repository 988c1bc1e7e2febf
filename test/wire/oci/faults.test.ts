import { describe, expect, it, onTestFinished } from 'vitest';
import type { RecordedRequest } from '../../../src/sandbox/registry/registry.ts';
import { digestOf } from '../../../src/wire/oci/digest.ts';
import { mediaTypes, toManifest } from '../../../src/wire/oci/manifest.ts';
import { registryError } from '../../../src/wire/oci/report.ts';
import type { ManifestBytes } from '../../../src/wire/oci/types.ts';
import { all, blobOf, bytesOf, clientOf, login, ociFailure, pushParts, type TestClient } from '../../support/oci.ts';
import { type RegistryOptions, startOwnRegistry } from '../../support/registries.ts';
import type { RegistryFault } from '../../support/registry-faults.ts';
import { serveHttp } from '../../support/servers.ts';

const repository = 'acme/app';
const large = blobOf(bytesOf('large', 300_000));

/** A registry that has an image `v1` and a large blob, and from now on goes wrong as told. */
async function stocked(
  fault: (request: RecordedRequest) => RegistryFault | undefined,
  options: Omit<RegistryOptions, 'dir' | 'fault'> = {},
): Promise<{ client: TestClient; manifest: ManifestBytes; requests: () => readonly RecordedRequest[]; url: string }> {
  let stocking = true;
  const own = await startOwnRegistry({ ...options, fault: (request) => (stocking ? undefined : fault(request)) });
  onTestFinished(() => own.close());
  const client = clientOf(own.host, { maxTries: 3, credential: login('user', 'hunter2') });
  const manifest = await pushParts(client, repository, 'stock');
  await client.putManifest(repository, 'v1', manifest);
  await client.pushBlob(repository, large);
  stocking = false;
  const before = own.requests.length;
  return { client, manifest, requests: () => own.requests.slice(before), url: own.url };
}

const always = (method: string, fault: RegistryFault) => (request: RecordedRequest) =>
  request.method === method ? fault : undefined;

/** Each of these faults in turn for requests with this method, then none. */
function inTurn(method: string, ...faults: RegistryFault[]): (request: RecordedRequest) => RegistryFault | undefined {
  return (request) => (request.method === method ? faults.shift() : undefined);
}

const spoken = (status: number, code: string, headers: Record<string, string> = {}): RegistryFault => ({
  is: 'answer',
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ errors: [{ code, message: `words about ${code}` }] }),
});
const html = (status: number): RegistryFault => ({
  is: 'answer',
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<html><body>Please log in</body></html>',
});

describe('what a fault is called when a manifest is read', () => {
  it.each<[string, RegistryFault, string, number]>([
    ['401', spoken(401, 'UNAUTHORIZED'), 'REGISTRY_AUTH_REFUSED', 3],
    ['403', spoken(403, 'DENIED'), 'REGISTRY_FORBIDDEN', 3],
    ['429', spoken(429, 'TOOMANYREQUESTS', { 'retry-after': '1' }), 'REGISTRY_RATE_LIMITED', 5],
    ['500', spoken(500, 'UNKNOWN'), 'REGISTRY_SERVER_ERROR', 5],
    ['502 in HTML', html(502), 'REGISTRY_SERVER_ERROR', 5],
    ['507', spoken(507, 'UNKNOWN'), 'REGISTRY_STORAGE_FULL', 5],
    ['418', spoken(418, 'TEAPOT'), 'REGISTRY_REFUSED', 5],
    ['a connection that is cut at once', { is: 'loseAnswer' }, 'REGISTRY_CUT', 5],
    ['a body that ends too early', { is: 'cutAnswer', after: 100 }, 'REGISTRY_CUT', 5],
    ['another body', { is: 'corrupt' }, 'REGISTRY_MALFORMED', 5],
    ['HTML', html(200), 'REGISTRY_MALFORMED', 5],
    [
      'an empty body',
      { is: 'answer', status: 200, headers: { 'content-type': mediaTypes.ociManifest } },
      'REGISTRY_MALFORMED',
      5,
    ],
    ['204', { is: 'answer', status: 204 }, 'REGISTRY_REFUSED', 5],
    ['a redirect to nowhere', { is: 'answer', status: 307 }, 'REGISTRY_MALFORMED', 5],
    ['a redirect to itself', { is: 'answer', status: 302, headers: { location: '?again' } }, 'REGISTRY_MALFORMED', 5],
    [
      'the digest of something else',
      { is: 'headers', headers: { 'docker-content-digest': digestOf('else') } },
      'BLOB_MISMATCH',
      5,
    ],
    [
      'no content type',
      { is: 'headers', headers: { 'content-type': undefined } },
      'none: the manifest says its own',
      0,
    ],
    ['no digest', { is: 'headers', headers: { 'docker-content-digest': undefined } }, 'none: it is worked out', 0],
    [
      'a digest of another kind',
      { is: 'headers', headers: { 'docker-content-digest': `sha512:${'0'.repeat(128)}` } },
      'none: it is worked out',
      0,
    ],
  ])('%s', async (_what, fault, code, exitCode) => {
    const { client, manifest } = await stocked(always('GET', fault));
    const read = client.getManifest(repository, 'v1');
    if (exitCode === 0) {
      expect((await read)?.digest).toBe(manifest.digest);
      return;
    }
    const error = registryError(await ociFailure(read), { host: client.host, doing: 'pull' });
    expect(error).toMatchObject({ code, exitCode, data: { host: client.host, repository } });
    expect(error.hint).not.toBe('');
  });

  it('a manifest of other bytes than its digest says is a mismatch', async () => {
    const other = toManifest(mediaTypes.ociManifest, { schemaVersion: 2, config: large.descriptor, layers: [] });
    const { client, manifest } = await stocked(
      always('GET', { is: 'answer', status: 200, headers: { 'content-type': other.mediaType }, body: other.bytes }),
    );
    const failure = await ociFailure(client.getManifest(repository, manifest.digest));
    expect(failure.finding).toEqual({ is: 'mismatch', digest: manifest.digest });
  });

  it('a manifest without end is read no further than 4 MiB', async () => {
    const { client } = await stocked(
      always('GET', {
        is: 'answer',
        status: 200,
        headers: { 'content-type': mediaTypes.ociManifest },
        body: Buffer.alloc(4 * 1024 * 1024 + 1, ' '),
      }),
    );
    expect((await ociFailure(client.getManifest(repository, 'v1'))).kind).toBe('tooLarge');
  });

  it("the peer's own words are kept, and a page of HTML is not one of them", async () => {
    const said = await stocked(always('GET', spoken(403, 'DENIED')));
    expect(await ociFailure(said.client.getManifest(repository, 'v1'))).toMatchObject({
      codes: ['DENIED'],
      peerCode: 'DENIED',
      peerText: 'words about DENIED',
    });
    const page = await stocked(always('GET', html(403)));
    expect((await ociFailure(page.client.getManifest(repository, 'v1'))).peerText).toBe('an HTML page');
  });
});

describe('what passes', () => {
  it.each<[string, RegistryFault]>([
    ['503', spoken(503, 'UNAVAILABLE')],
    ['a lost answer', { is: 'loseAnswer' }],
    ['a cut body', { is: 'cutAnswer', after: 100 }],
  ])('a manifest is read in spite of %s', async (_what, fault) => {
    const { client, manifest, requests } = await stocked(inTurn('GET', fault, fault));
    expect((await client.getManifest(repository, 'v1'))?.digest).toBe(manifest.digest);
    expect(requests()).toHaveLength(3);
  });

  it('waits until the date that the registry names, by its own clock', async () => {
    const times = { date: 'Thu, 01 Jan 2026 00:00:00 GMT', 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' };
    const { client } = await stocked(inTurn('GET', spoken(429, 'TOOMANYREQUESTS', times)));
    await client.getManifest(repository, 'v1');
    expect(client.clock.slept).toEqual([60_125]);
  });

  it('does not wait for an hour', async () => {
    const { client } = await stocked(always('GET', spoken(429, 'TOOMANYREQUESTS', { 'retry-after': '3600' })));
    const error = registryError(await ociFailure(client.getManifest(repository, 'v1')), {
      host: client.host,
      doing: 'pull',
    });
    expect(error).toMatchObject({ code: 'REGISTRY_RATE_LIMITED', data: { seconds: 3_600 } });
    expect(client.clock.slept).toEqual([]);
  });
});

describe('HEAD of a manifest', () => {
  it.each<[string, RegistryFault]>([
    ['without a digest', { is: 'headers', headers: { 'docker-content-digest': undefined } }],
    ['with a digest of another kind', { is: 'headers', headers: { 'docker-content-digest': 'sha512:00' } }],
    ['without a kind', { is: 'headers', headers: { 'content-type': undefined } }],
    ['that is not known there', { is: 'answer', status: 405 }],
  ])('%s is asked again by GET', async (_what, fault) => {
    const { client, manifest, requests } = await stocked(always('HEAD', fault));
    expect(await client.headManifest(repository, 'v1')).toEqual({
      mediaType: manifest.mediaType,
      digest: manifest.digest,
      size: manifest.bytes.byteLength,
    });
    expect(requests().map(({ method }) => method)).toEqual(['HEAD', 'GET']);
  });

  it('by digest that answers with another is a mismatch', async () => {
    const { client, manifest } = await stocked(
      always('HEAD', { is: 'headers', headers: { 'docker-content-digest': digestOf('else') } }),
    );
    expect((await ociFailure(client.headManifest(repository, manifest.digest))).finding?.is).toBe('mismatch');
  });
});

describe('a blob', () => {
  it('that is cut goes on where it stopped', async () => {
    const { client, requests } = await stocked(
      inTurn('GET', { is: 'cutAnswer', after: 100_000 }, { is: 'cutAnswer', after: 100_000 }),
    );
    const got = await all(await client.getBlob(repository, large));
    expect(digestOf(got)).toBe(large.digest);
    expect(requests()).toHaveLength(3);
    for (const { headers } of requests().slice(1)) expect(headers.range).toMatch(/^bytes=\d+-$/);
  });

  it('that is cut goes on although the registry knows no ranges', async () => {
    let cuts = 0;
    const url = await serveHttp((request, response) => {
      if (request.url === '/v2/') return void response.end('{}');
      response.writeHead(200, { 'content-length': large.size });
      if (++cuts > 2) return void response.end(large.bytes);
      response.write(large.bytes.subarray(0, 100_000), () => response.destroy());
    });
    const client = clientOf(new URL(url).host);
    expect(digestOf(await all(await client.getBlob(repository, large)))).toBe(large.digest);
    expect(cuts).toBe(3);
  });

  it('that is cut again and again fails as cut', async () => {
    const { client, requests } = await stocked(always('GET', { is: 'cutAnswer', after: 0 }));
    expect((await ociFailure(all(await client.getBlob(repository, large)))).kind).toBe('cut');
    expect(requests()).toHaveLength(3);
  });

  it.each<[string, RegistryFault]>([
    ['other bytes', { is: 'corrupt' }],
    ['fewer bytes', { is: 'answer', status: 200, body: large.bytes.subarray(1) }],
    ['more bytes', { is: 'answer', status: 200, body: Buffer.concat([large.bytes, Buffer.from('!')]) }],
    ['no bytes', { is: 'answer', status: 200 }],
    ['HTML', html(200)],
  ])('of %s never ends well', async (_what, fault) => {
    const { client } = await stocked(always('GET', fault));
    const failure = await ociFailure(all(await client.getBlob(repository, large)));
    expect(failure.finding).toEqual({ is: 'mismatch', digest: large.digest });
    expect(registryError(failure, { host: client.host, doing: 'pull' }).code).toBe('BLOB_MISMATCH');
  });

  it('that lies in another store is fetched there, without the credentials', async () => {
    const seen: (string | undefined)[] = [];
    const store = await serveHttp((request, response) => {
      seen.push(`${request.url} ${request.headers.authorization}`);
      response.end(large.bytes);
    });
    const { client, requests } = await stocked(
      ({ method, path }) =>
        method === 'GET' && path.includes('/blobs/')
          ? { is: 'answer', status: 307, headers: { location: `${store}/signed?by=them` } }
          : undefined,
      { auth: 'basic' },
    );
    expect(digestOf(await all(await client.getBlob(repository, large)))).toBe(large.digest);
    expect(seen).toEqual(['/signed?by=them undefined']);
    expect(requests().map(({ headers }) => headers.authorization)).toEqual(['Basic']);
  });

  it('that nobody reads gives its connection back', async () => {
    const { client } = await stocked(() => undefined);
    const unread = await client.getBlob(repository, large);
    const closed = new Promise((resolve) => unread.once('close', resolve));
    unread.destroy();
    await closed;
    expect(digestOf(await all(await client.getBlob(repository, large)))).toBe(large.digest);
  });

  it('that is not there is named so', async () => {
    const { client } = await stocked(() => undefined);
    const failure = await ociFailure(client.getBlob(repository, { digest: digestOf('nothing'), size: 1 }));
    expect(registryError(failure, { host: client.host, doing: 'pull' }).code).toBe('BLOB_NOT_FOUND');
  });

  it('whose size the registry keeps to itself is no answer to how large it is', async () => {
    const { client } = await stocked(
      always('HEAD', { is: 'answer', status: 200, headers: { 'transfer-encoding': 'chunked' } }),
    );
    expect((await ociFailure(client.hasBlob(repository, large.digest))).kind).toBe('malformed');
  });
});

describe('putting a tag', () => {
  const other = (client: TestClient) => pushParts(client, repository, 'another');

  it('that is immutable and means the same image is a success, whatever the registry answers', async () => {
    for (const fault of [
      spoken(400, 'TAG_INVALID'),
      spoken(409, 'CONFLICT'),
      spoken(412, 'PRECONDITION'),
      spoken(403, 'DENIED'),
      html(405),
    ]) {
      const { client, manifest } = await stocked(always('PUT', fault));
      await client.putManifest(repository, 'v1', manifest);
    }
  });

  it('that is immutable and means another image tells which', async () => {
    const { client, manifest } = await stocked(() => undefined, { immutableTags: true });
    const failure = await ociFailure(client.putManifest(repository, 'v1', await other(client)));
    expect(failure.finding).toEqual({ is: 'tagHeld', tag: 'v1', digest: manifest.digest });
    expect(registryError(failure, { host: client.host, doing: 'push' })).toMatchObject({
      code: 'TAG_IMMUTABLE',
      exitCode: 5,
      data: { host: client.host, repository, tag: 'v1', held: manifest.digest },
      peer: { code: 'TAG_INVALID' },
    });
  });

  it('is not called immutable when the manifest, or the right to push, is the trouble', async () => {
    for (const [fault, code] of [
      [spoken(400, 'MANIFEST_INVALID'), 'REGISTRY_REFUSED'],
      [spoken(400, 'MANIFEST_BLOB_UNKNOWN'), 'REGISTRY_REFUSED'],
      [spoken(403, 'DENIED'), 'REGISTRY_FORBIDDEN'],
      [spoken(404, 'NAME_UNKNOWN'), 'REPOSITORY_NOT_FOUND'],
      [spoken(413, 'SIZE_INVALID'), 'REGISTRY_REFUSED'],
    ] as const) {
      const { client } = await stocked(({ method, path }) =>
        method === 'PUT' && path.includes('/manifests/') ? fault : undefined,
      );
      const failure = await ociFailure(client.putManifest(repository, 'v1', await other(client)));
      expect(registryError(failure, { host: client.host, doing: 'push' }).code).toBe(code);
    }
  });

  it('that is new and refused keeps the refusal', async () => {
    const { client } = await stocked(always('PUT', spoken(400, 'TAG_INVALID')));
    const failure = await ociFailure(client.putManifest(repository, 'v2', (await stocked(() => undefined)).manifest));
    expect(failure).toMatchObject({ status: 400, finding: undefined });
  });

  it('that is refused where the image itself is taken tells that it is about the tag, not about rights', async () => {
    const refused = { is: 'answer', status: 403, headers: {}, body: '' } as const;
    const { client, manifest } = await stocked(({ method, path }) =>
      method === 'PUT' && path.endsWith('/manifests/v2') ? refused : undefined,
    );
    const failure = await ociFailure(client.putManifest(repository, 'v2', manifest));
    expect(failure.finding).toEqual({ is: 'tagRefused', tag: 'v2', there: manifest.digest });
    const about = { host: client.host, doing: 'push' } as const;
    expect(registryError(failure, about)).toMatchObject({ code: 'TAG_REFUSED', exitCode: 5 });
    // ECR refuses one more tag for the number of those that there are.
    expect(registryError(failure, { ...about, ecr: true })).toMatchObject({ code: 'TAG_LIMIT', exitCode: 5 });
  });

  it('that is refused to an image that wasn’t there says nothing of how many tags that has', async () => {
    const { client } = await stocked(({ method, path }) =>
      method === 'PUT' && path.endsWith('/manifests/v2') ? { is: 'answer', status: 403 } : undefined,
    );
    const failure = await ociFailure(client.putManifest(repository, 'v2', await other(client)));
    expect(failure.finding).toEqual({ is: 'tagRefused', tag: 'v2', there: undefined });
    expect(registryError(failure, { host: client.host, doing: 'push', ecr: true }).code).toBe('TAG_REFUSED');
  });

  it('whose answer was lost is put again, also where tags are immutable', async () => {
    let lost = 1;
    const { client, requests } = await stocked(
      ({ method, path }) => (method === 'PUT' && path.endsWith('/v2') && lost-- > 0 ? { is: 'loseAnswer' } : undefined),
      { immutableTags: true },
    );
    const manifest = await other(client);
    await client.putManifest(repository, 'v2', manifest);
    expect(requests().filter(({ path }) => path.endsWith('/manifests/v2'))).toHaveLength(2);
    expect((await client.headManifest(repository, 'v2'))?.digest).toBe(manifest.digest);
  });

  it('of which the registry says that it is something else is a mismatch', async () => {
    const { client, manifest } = await stocked(
      always('PUT', { is: 'headers', headers: { 'docker-content-digest': digestOf('else') } }),
    );
    expect((await ociFailure(client.putManifest(repository, 'v3', manifest))).finding?.is).toBe('mismatch');
  });
});

describe('a registry that is not there', () => {
  const about = { host: 'registry.example', doing: 'push' } as const;

  it('refuses connections: unreachable', async () => {
    const failure = await ociFailure(clientOf('127.0.0.1:1', { maxTries: 2 }).headManifest(repository, 'v1'));
    expect(registryError(failure, about).code).toBe('REGISTRY_UNREACHABLE');
  });

  it('speaks another protocol: malformed', async () => {
    const url = await serveHttp((_request, response) => response.end('hello'));
    const failure = await ociFailure(clientOf(new URL(url).host).headManifest(repository, 'v1'));
    expect(registryError(failure, about).code).toBe('REGISTRY_MALFORMED');
  });

  it('has no TLS where https is asked for: untrusted', async () => {
    const url = await serveHttp((_request, response) => response.end());
    const failure = await ociFailure(clientOf(new URL(url).host, { insecure: false }).headManifest(repository, 'v1'));
    expect(registryError(failure, about).code).toBe('REGISTRY_UNTRUSTED');
  });
});
