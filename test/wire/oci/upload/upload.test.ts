import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RecordedRequest } from '../../../../src/sandbox/registry/registry.ts';
import { createHttp } from '../../../../src/wire/http/client.ts';
import { digestOf } from '../../../../src/wire/oci/digest.ts';
import { cutOnce } from '../../../support/cutting-proxy.ts';
import { all, blobOf, bytesOf, clientOf, login, ociFailure } from '../../../support/oci.ts';
import { type RegistryOptions, registries, startOwnRegistry } from '../../../support/registries.ts';
import type { RegistryFault } from '../../../support/registry-faults.ts';
import { serveHttp } from '../../../support/servers.ts';
import { handClock } from '../../../support/world.ts';

const chunkBytes = 50_000;

async function registry(options: Omit<RegistryOptions, 'dir'> = {}) {
  const own = await startOwnRegistry(options);
  onTestFinished(() => own.close());
  return own;
}

/** Faults for the first requests with this method; the rest goes well. */
function first(method: string, ...faults: RegistryFault[]): (request: RecordedRequest) => RegistryFault | undefined {
  return (request) => (request.method === method ? faults.shift() : undefined);
}

const answer = (status: number, headers: Record<string, string> = {}): RegistryFault => ({
  is: 'answer',
  status,
  headers,
});
const refuse = (status: number, code: string): RegistryFault => ({
  is: 'answer',
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ errors: [{ code, message: 'no' }] }),
});

/** `PATCH 0-49999`: method and range of each request that changes something. */
function sent(requests: readonly RecordedRequest[]): string[] {
  return requests
    .filter(({ method }) => method !== 'HEAD' && method !== 'GET')
    .map(({ method, headers }) => [method, headers['content-range']].filter(Boolean).join(' '));
}

describe.each(registries)('an upload that is cut, with $title', ({ available, start }) => {
  it.skipIf(!available).each([
    ['in its first chunk', 20_000],
    ['in a later chunk', 120_000],
    ['just before its end', 149_000],
  ])('%s ends with the right bytes', async (_where, after) => {
    const own = await start();
    onTestFinished(() => own.close());
    const proxy = await cutOnce(own.host, after);
    const blob = blobOf(bytesOf('cut', 150_000));
    expect(await clientOf(proxy.host, { chunkBytes }).pushBlob('acme/app', blob)).toBe('uploaded');
    expect(proxy.cuts()).toBe(1);
    expect(digestOf(await all(await clientOf(own.host).getBlob('acme/app', blob)))).toBe(blob.digest);
  });
});

describe.each(registries)('an upload that is given up, with $title', ({ available, start }) => {
  /** A client that writes down where each upload session goes on, and whether a place still knows one. */
  async function watched(options: Parameters<typeof clientOf>[1] = {}) {
    const own = await start();
    onTestFinished(() => own.close());
    const http = createHttp();
    onTestFinished(() => http.close());
    const places: string[] = [];
    const client = clientOf(own.host, {
      ...options,
      http: async (request) => {
        const response = await http(request);
        const { location } = response.headers;
        if (location?.includes('/blobs/uploads/')) places.push(new URL(location, own.url).href);
        return response;
      },
    });
    const statuses = () => Promise.all(places.map(async (url) => (await fetch(url)).status));
    return { client, places, statuses };
  }

  it.skipIf(!available).each([
    ['in its only request', 1_000_000],
    ['in a later chunk', 50_000],
  ])('is dropped when the run is told to stop %s', async (_where, chunk) => {
    const { client, places, statuses } = await watched({ chunkBytes: chunk });
    const bytes = bytesOf('stop', 200_000);
    const open = () =>
      Readable.from(
        (function* () {
          for (let at = 0; at < bytes.byteLength; at += 10_000) {
            if (at === 120_000) client.abort(new Error('SIGINT'));
            yield bytes.subarray(at, at + 10_000);
          }
        })(),
        { objectMode: false },
      );
    await expect(
      client.pushBlob('acme/app', { digest: digestOf(bytes), size: bytes.byteLength, open }),
    ).rejects.toThrow('SIGINT');
    expect(places.length).toBeGreaterThan(0);
    expect(new Set(await statuses())).toEqual(new Set([404]));
  });

  it.skipIf(!available)('is dropped when its bytes are not those announced', async () => {
    const { client, places, statuses } = await watched({ maxTries: 1 });
    const open = () => Readable.from([bytesOf('other', 1_000)]);
    const failure = await ociFailure(client.pushBlob('acme/app', { digest: digestOf('announced'), size: 1_000, open }));
    expect(failure.finding?.is).toBe('mismatch');
    expect(places.length).toBeGreaterThan(0);
    expect(new Set(await statuses())).toEqual(new Set([404]));
  });
});

describe('a chunked upload', () => {
  it('goes on where the registry stopped, not where the client was', async () => {
    let patches = 0;
    const own = await registry({
      fault: ({ method }) => (method === 'PATCH' && ++patches === 2 ? { is: 'cutRequest', after: 20_000 } : undefined),
    });
    const blob = blobOf(bytesOf('resume', 150_000));
    const begun: number[] = [];
    const openAt = (start: number) => {
      begun.push(start);
      return Readable.from([blob.bytes.subarray(start)]);
    };
    const client = clientOf(own.host, { chunkBytes });
    expect(await client.pushBlob('acme/app', { ...blob, openAt })).toBe('uploaded');
    expect(sent(own.requests)).toEqual([
      'POST',
      'PATCH 0-49999',
      'PATCH 50000-99999',
      'PATCH 70000-119999',
      'PATCH 120000-149999',
      'PUT',
    ]);
    expect(begun).toEqual([70_000]);
    expect(digestOf(await all(await client.getBlob('acme/app', blob)))).toBe(blob.digest);
  });

  it('whose chunk arrived but whose answer was lost sends that chunk no second time', async () => {
    const own = await registry({ fault: first('PATCH', { is: 'loseAnswer' }) });
    const blob = blobOf(bytesOf('lost chunk', 100_000));
    expect(await clientOf(own.host, { chunkBytes }).pushBlob('acme/app', blob)).toBe('uploaded');
    expect(sent(own.requests)).toEqual(['POST', 'PATCH 0-49999', 'PATCH 50000-99999', 'PUT']);
  });

  it('whose last answer was lost is found to be done', async () => {
    for (const size of [10_000, 100_000]) {
      const own = await registry({ fault: first('PUT', { is: 'loseAnswer' }) });
      const blob = blobOf(bytesOf('lost end', size));
      expect(await clientOf(own.host, { chunkBytes }).pushBlob('acme/app', blob)).toBe('uploaded');
      expect(sent(own.requests).filter((one) => one === 'PUT')).toHaveLength(1);
      expect(blob.opened()).toBe(1);
    }
  });

  it('whose last request failed in passing repeats that request alone', async () => {
    const own = await registry({ fault: first('PUT', answer(502), answer(503)) });
    const blob = blobOf(bytesOf('end again', 100_000));
    expect(await clientOf(own.host, { chunkBytes }).pushBlob('acme/app', blob)).toBe('uploaded');
    expect(sent(own.requests)).toEqual(['POST', 'PATCH 0-49999', 'PATCH 50000-99999', 'PUT', 'PUT', 'PUT']);
    expect(blob.opened()).toBe(1);
  });

  it('begins again where the registry has forgotten it', async () => {
    const own = await registry({ fault: first('PATCH', refuse(404, 'BLOB_UPLOAD_UNKNOWN')) });
    const blob = blobOf(bytesOf('forgotten', 100_000));
    expect(await clientOf(own.host, { chunkBytes }).pushBlob('acme/app', blob)).toBe('uploaded');
    expect(sent(own.requests).filter((one) => one === 'POST')).toHaveLength(2);
  });

  it('follows a registry that took less of a chunk than it was sent', async () => {
    const own = await registry({
      fault: first('PATCH', { is: 'headers', headers: { range: '0-29999' } }),
    });
    // The registry has 50,000 bytes; told 30,000, the client sends a chunk that doesn't fit, and is told the truth.
    const blob = blobOf(bytesOf('less', 150_000));
    const client = clientOf(own.host, { chunkBytes });
    expect(await client.pushBlob('acme/app', blob)).toBe('uploaded');
    expect(sent(own.requests).slice(0, 4)).toEqual(['POST', 'PATCH 0-49999', 'PATCH 30000-79999', 'PATCH 50000-99999']);
    expect(digestOf(await all(await client.getBlob('acme/app', blob)))).toBe(blob.digest);
  });

  it('gives up on a registry that never gets on', async () => {
    // It says in turn that it has less and more than it was sent.
    const ranges = ['0-9', '0-4'];
    const own = await registry({
      fault: ({ method, number }) =>
        method === 'PATCH' || method === 'PUT' ? answer(416, { range: ranges[number % 2] ?? '' }) : undefined,
    });
    const push = clientOf(own.host, { chunkBytes, maxTries: 3 }).pushBlob(
      'acme/app',
      blobOf(bytesOf('stuck', 100_000)),
    );
    expect(await ociFailure(push)).toMatchObject({ kind: 'cut' });
    expect(own.requests.length).toBeLessThan(100);
  });

  it('makes its chunks as large as the registry wants them', async () => {
    const own = await registry({
      fault: first('POST', { is: 'headers', headers: { 'oci-chunk-min-length': '80000' } }),
    });
    await clientOf(own.host, { chunkBytes }).pushBlob('acme/app', blobOf(bytesOf('large chunks', 200_000)));
    expect(sent(own.requests)).toEqual(['POST', 'PATCH 0-79999', 'PATCH 80000-159999', 'PATCH 160000-199999', 'PUT']);
  });

  it.each([
    400, 405, 411, 413, 415, 416, 501,
  ])('is sent whole to a registry that answers %i to chunks', async (status) => {
    const own = await registry({
      fault: ({ method }) => (method === 'PATCH' ? answer(status, { range: '0-0' }) : undefined),
    });
    const blob = blobOf(bytesOf('no chunks', 120_000));
    const client = clientOf(own.host, { chunkBytes, maxTries: 2 });
    expect(await client.pushBlob('acme/app', blob)).toBe('uploaded');
    expect(digestOf(await all(await client.getBlob('acme/app', blob)))).toBe(blob.digest);
    expect(own.requests.at(-2)?.method).toBe('PUT');
  });

  it('that was put together wrongly is sent whole', async () => {
    const own = await registry({ fault: first('PUT', refuse(400, 'DIGEST_INVALID')) });
    const blob = blobOf(bytesOf('wrongly', 120_000));
    expect(await clientOf(own.host, { chunkBytes }).pushBlob('acme/app', blob)).toBe('uploaded');
  });

  it('is the way out where a whole blob is too large', async () => {
    const own = await registry({
      fault: ({ method, headers }) =>
        method === 'PUT' && Number(headers['content-length']) > 0 ? answer(413) : undefined,
    });
    const blob = blobOf(bytesOf('too large', 40_000));
    expect(await clientOf(own.host, { chunkBytes }).pushBlob('acme/app', blob)).toBe('uploaded');
    expect(sent(own.requests)).toEqual(['POST', 'PUT', 'DELETE', 'POST', 'PATCH 0-39999', 'PUT']);
  });
});

describe('an upload', () => {
  it('waits as long as the registry asks', async () => {
    for (const method of ['HEAD', 'POST', 'PATCH', 'PUT']) {
      const own = await registry({ fault: first(method, answer(429, { 'retry-after': '7' })) });
      const client = clientOf(own.host, { chunkBytes });
      expect(await client.pushBlob('acme/app', blobOf(bytesOf(method, 120_000)))).toBe('uploaded');
      // Jitter comes on top: half of 250 ms here.
      expect(client.clock.slept).toEqual([7_125]);
      expect(client.notices).toEqual([expect.stringMatching(/429.* 7 s/)]);
    }
  });

  it.each(['POST', 'PATCH', 'PUT'])('does not wait for an hour after a %s', async (method) => {
    const own = await registry({
      fault: (request) => (request.method === method ? answer(429, { 'retry-after': '3600' }) : undefined),
    });
    const client = clientOf(own.host, { chunkBytes });
    const failure = await ociFailure(client.pushBlob('acme/app', blobOf(bytesOf(method, 120_000))));
    expect(failure).toMatchObject({ status: 429, retryAfterMs: 3_600_000 });
    expect(client.clock.slept).toEqual([]);
  });

  it('is tried so often and no more', async () => {
    const own = await registry({ fault: ({ method }) => (method === 'POST' ? answer(503) : undefined) });
    const failure = await ociFailure(
      clientOf(own.host, { maxTries: 3 }).pushBlob('acme/app', blobOf(bytesOf('in vain', 100))),
    );
    expect(failure).toMatchObject({ kind: 'status', status: 503 });
    expect(own.requests.filter(({ method }) => method === 'POST')).toHaveLength(3);
  });

  it('to a registry that has no space left is not tried again', async () => {
    const own = await registry({ fault: ({ method }) => (method === 'PUT' ? refuse(507, 'UNKNOWN') : undefined) });
    const failure = await ociFailure(clientOf(own.host).pushBlob('acme/app', blobOf(bytesOf('full', 100))));
    expect(failure.status).toBe(507);
    expect(sent(own.requests)).toEqual(['POST', 'PUT', 'DELETE']);
  });

  it('that is refused for good cleans up behind itself', async () => {
    const own = await registry({ fault: first('PUT', refuse(403, 'DENIED')) });
    const failure = await ociFailure(clientOf(own.host).pushBlob('acme/app', blobOf(bytesOf('denied', 100))));
    expect(failure).toMatchObject({ status: 403, codes: ['DENIED'] });
    expect(own.requests.at(-1)).toMatchObject({ method: 'DELETE', status: 204 });
  });

  it('stops at an abort with its reason, and closes the source', async () => {
    const reason = new Error('interrupted');
    const own = await registry({
      fault: ({ method }) => {
        if (method === 'PATCH') client.abort(reason);
        return method === 'PATCH' ? { is: 'hang' } : undefined;
      },
    });
    const client = clientOf(own.host, { chunkBytes });
    let stream: Readable | undefined;
    const blob = blobOf(bytesOf('aborted', 120_000));
    const open = () => {
      stream = blob.open();
      return stream;
    };
    await expect(client.pushBlob('acme/app', { ...blob, open })).rejects.toBe(reason);
    expect(stream?.destroyed).toBe(true);
  });

  it('is dropped too when the run is told to stop while it is being begun', async () => {
    const reason = new Error('interrupted');
    const own = await registry({
      fault: ({ method }) => {
        if (method === 'POST') client.abort(reason);
        return undefined;
      },
    });
    const client = clientOf(own.host, { chunkBytes, clock: handClock() });
    await expect(client.pushBlob('acme/app', blobOf(bytesOf('begun', 100)))).rejects.toBe(reason);
    expect(own.requests.map(({ method, status }) => [method, status])).toEqual([
      ['GET', 200],
      ['HEAD', 404],
      ['POST', 202],
      ['DELETE', 204],
    ]);
  });

  it('begins no upload once the run is told to stop', async () => {
    const own = await registry();
    const client = clientOf(own.host, { chunkBytes });
    client.abort(new Error('interrupted'));
    await expect(client.pushBlob('acme/app', blobOf(bytesOf('late', 100)))).rejects.toThrow('interrupted');
    expect(own.requests).toEqual([]);
  });

  it('tells that the repository is missing', async () => {
    const own = await registry({ createOnPush: false });
    const push = () => clientOf(own.host).pushBlob('acme/app', blobOf(bytesOf('nowhere', 100)));
    expect(await ociFailure(push())).toMatchObject({ status: 404, codes: ['NAME_UNKNOWN'] });
    own.createRepository('acme/app');
    expect(await push()).toBe('uploaded');
  });

  it('does not mind that asking for the blob leads to a store that refuses', async () => {
    const store = await serveHttp((_request, response) => response.writeHead(403).end());
    const own = await registry({ fault: first('HEAD', answer(307, { location: `${store}/blob?signed=1` })) });
    expect(await clientOf(own.host).pushBlob('acme/app', blobOf(bytesOf('signed', 100)))).toBe('uploaded');
  });
});

describe('where an upload goes', () => {
  it('is a whole URL or a path, with a query of its own', async () => {
    for (const size of [100, 120_000]) {
      const seen: string[] = [];
      const origin = await serveHttp((request, response) => {
        const { method = '', url = '' } = request;
        seen.push(`${method} ${url}`);
        request.resume();
        request.on('end', () => {
          if (method === 'HEAD') response.writeHead(404).end();
          else if (method === 'GET') response.end('{}');
          else if (method === 'PUT') response.writeHead(201).end();
          else if (method === 'POST') response.writeHead(202, { location: `${origin}/up/1?_state=a%2Bb%3D` }).end();
          else response.writeHead(202, { location: `../up/${seen.length}?_state=c%2Fd` }).end();
        });
      });
      const blob = blobOf(bytesOf('query', size));
      const client = clientOf(new URL(origin).host, { chunkBytes });
      expect(await client.pushBlob('acme/app', blob)).toBe('uploaded');
      const digest = encodeURIComponent(blob.digest);
      expect(seen.slice(3)).toEqual(
        size === 100
          ? [`PUT /up/1?_state=a%2Bb%3D&digest=${digest}`]
          : [
              'PATCH /up/1?_state=a%2Bb%3D',
              'PATCH /up/4?_state=c%2Fd',
              'PATCH /up/5?_state=c%2Fd',
              `PUT /up/6?_state=c%2Fd&digest=${digest}`,
            ],
      );
    }
  });

  it('is never told the credentials when it is another host', async () => {
    const seen: (string | undefined)[] = [];
    const elsewhere = await serveHttp((request, response) => {
      seen.push(request.headers.authorization);
      request.resume();
      request.on('end', () => response.writeHead(201).end());
    });
    const own = await registry({
      auth: 'basic',
      fault: first('POST', answer(202, { location: `${elsewhere}/upload` })),
    });
    const client = clientOf(own.host, { credential: login('user', 'secret') });
    expect(await client.pushBlob('acme/app', blobOf(bytesOf('elsewhere', 100)))).toBe('uploaded');
    expect(seen).toEqual([undefined]);
  });

  it('has to be told', async () => {
    const own = await registry({ fault: first('POST', answer(202)) });
    const failure = await ociFailure(clientOf(own.host).pushBlob('acme/app', blobOf(bytesOf('no place', 100))));
    expect(failure.kind).toBe('malformed');
  });
});

describe('a mount', () => {
  it('from a repository that may not be read ends in an upload', async () => {
    const own = await registry({
      auth: 'basic',
      authorize: (_authorization, { repository }) => (repository === 'secret/base' ? 'deny' : 'allow'),
    });
    const client = clientOf(own.host);
    const blob = blobOf(bytesOf('private', 1_000));
    expect(await client.pushBlob('acme/app', blob, ['secret/base'])).toBe('uploaded');
  });

  it('that the registry refuses outright ends in an upload', async () => {
    for (const status of [400, 401, 403, 404, 405]) {
      const own = await registry({
        fault: ({ query }) => (query.has('mount') ? answer(status) : undefined),
      });
      const client = clientOf(own.host);
      expect(await client.pushBlob('acme/app', blobOf(bytesOf('no mounts', 1_000)), ['acme/base'])).toBe('uploaded');
    }
  });

  it('asks for a token that may read the sibling too', async () => {
    const own = await registry({ auth: 'bearer' });
    const client = clientOf(own.host, { credential: login('user', 'secret') });
    const blob = blobOf(bytesOf('across', 1_000));
    await client.pushBlob('acme/base', blob);
    expect(await client.pushBlob('acme/app', blob, ['acme/base'])).toBe('mounted');
    const scopes = own.requests.filter(({ path }) => path === '/token').map(({ query }) => query.getAll('scope'));
    expect(scopes.at(-1)).toEqual(['repository:acme/app:pull,push', 'repository:acme/base:pull']);
  });
});

describe('a blob that is probably not there', () => {
  const asked = (requests: readonly RecordedRequest[]) =>
    requests.filter(({ path }) => path.includes('acme/app/blobs')).map(({ method }) => method);

  it('is sent or mounted without asking', async () => {
    const own = await registry();
    const client = clientOf(own.host);
    const [blob, base] = [blobOf(bytesOf('new', 1_000)), blobOf(bytesOf('base', 1_000))];
    expect(await client.pushBlob('acme/app', blob, [], true)).toBe('uploaded');
    await client.pushBlob('acme/base', base);
    expect(await client.pushBlob('acme/app', base, ['acme/base'], true)).toBe('mounted');
    expect(asked(own.requests)).toEqual(['POST', 'PUT', 'POST']);
  });

  it('is asked after where it can not be mounted, and not sent when it is there all the same', async () => {
    const own = await registry();
    const client = clientOf(own.host);
    const blob = blobOf(bytesOf('there', 1_000));
    await client.pushBlob('acme/app', blob);
    const before = own.requests.length;
    expect(await client.pushBlob('acme/app', blob, ['acme/other'], true)).toBe('exists');
    // The upload that was begun instead of the mount is dropped.
    expect(asked(own.requests.slice(before))).toEqual(['POST', 'HEAD', 'DELETE']);
  });
});
