import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { registryError } from '../../../src/wire/oci/report.ts';
import { all, blobOf, bytesOf, clientOf, login, ociFailure, pushParts } from '../../support/oci.ts';
import { type RegistryOptions, startOwnRegistry } from '../../support/registries.ts';
import { serveHttp } from '../../support/servers.ts';

async function registry(options: Omit<RegistryOptions, 'dir'>) {
  const own = await startOwnRegistry(options);
  onTestFinished(() => own.close());
  return own;
}

const json = { 'content-type': 'application/json' };
const refusal = (code: string, message: string) => JSON.stringify({ errors: [{ code, message }] });
const credential = login('user', 'hunter2');
const verify = (_: string, password: string) => password === 'hunter2';

describe('a host that the registry leads to', () => {
  it.each([
    'Basic realm="store"',
    'Bearer realm="REALM",service="x"',
  ])('gets no password for its challenge %s', async (challenge) => {
    const seen: IncomingHttpHeaders[] = [];
    const store: string = await serveHttp((request, response) => {
      seen.push(request.headers);
      if (request.url?.startsWith('/token')) response.writeHead(200, json).end('{"token":"t"}');
      else response.writeHead(401, { 'www-authenticate': challenge.replace('REALM', `${store}/token`) }).end();
    });
    const own = await registry({
      auth: 'basic',
      verify,
      fault: ({ path, method }) =>
        method === 'GET' && path.includes('/blobs/sha256')
          ? { is: 'answer', status: 307, headers: { location: `${store}/blob` } }
          : undefined,
    });
    const client = clientOf(own.host, { credential });
    const blob = blobOf(bytesOf('a', 10));
    await client.pushBlob('acme/app', blob);
    const failure = await ociFailure(client.getBlob('acme/app', blob));
    expect(failure).toMatchObject({ status: 401, answerer: 'redirect' });
    expect(registryError(failure, { host: own.host, doing: 'pull' })).toMatchObject({ code: 'REGISTRY_REFUSED' });
    expect(seen.map(({ authorization }) => authorization)).toEqual([undefined]);
    // Nor is the registry itself asked in another way afterwards.
    await client.putManifest('acme/app', 'v1', await pushParts(client, 'acme/app', 'after'));
  });
});

describe('a look in the repository that this run writes', () => {
  it('asks for a token that may push: some make the repository for those alone', async () => {
    const own = await registry({ auth: 'bearer', verify });
    const client = clientOf(own.host, { credential });
    client.writesTo('acme/app');
    await client.headManifest('acme/app', 'v1');
    await client.headManifest('acme/other', 'v1');
    const scopes = own.requests.filter(({ path }) => path === '/token').map(({ query }) => query.getAll('scope'));
    expect(scopes).toEqual([['repository:acme/app:pull,push'], ['repository:acme/other:pull']]);
  });

  it.each([401, 403])('that is refused with %i means "not there" where a push is let in', async (status) => {
    const own = await registry({
      auth: 'basic',
      verify,
      fault: ({ path, method }) =>
        path.endsWith('/manifests/v1') && method !== 'PUT'
          ? { is: 'answer', status, headers: json, body: refusal('DENIED', 'no such thing, or not for you') }
          : undefined,
    });
    const client = clientOf(own.host, { credential });
    expect(await ociFailure(client.headManifest('acme/app', 'v1'))).toMatchObject({ status });
    client.writesTo('acme/app');
    expect(await client.headManifest('acme/app', 'v1')).toBeUndefined();
    expect(await client.getManifest('acme/app', 'v1')).toBeUndefined();
    await client.putManifest('acme/app', 'v1', await pushParts(client, 'acme/app', 'first'));
    const begun = own.requests.filter(({ method }) => method === 'POST').length;
    const dropped = own.requests.filter(({ method }) => method === 'DELETE').length;
    // Two looks and two blobs.
    expect([begun, dropped]).toEqual([4, 2]);
  });

  it('that is refused ends the run where a push is refused too, in the words of that', async () => {
    const own = await registry({
      fault: ({ method }) => ({
        is: 'answer',
        status: 403,
        headers: json,
        body: refusal('DENIED', method === 'POST' ? 'no push' : 'no pull'),
      }),
    });
    const client = clientOf(own.host, { credential });
    client.writesTo('acme/app');
    expect(await ociFailure(client.headManifest('acme/app', 'v1'))).toMatchObject({ peerText: 'no push' });
  });

  it('makes do with a token that may only pull, as `plan` has it', async () => {
    const own = await registry({
      auth: 'bearer',
      verify,
      fault: ({ path, query }) =>
        path === '/token' && query.get('scope')?.includes('push') === true
          ? { is: 'answer', status: 403, headers: json, body: refusal('DENIED', 'no push') }
          : undefined,
    });
    const client = clientOf(own.host, { credential });
    client.writesTo('acme/app');
    expect(await client.headManifest('acme/app', 'v1')).toBeUndefined();
  });
});

it('a refused HEAD is asked again by GET, whose answer has the words', async () => {
  const text = 'User is not authorized to perform: ecr:BatchGetImage';
  const own = await registry({
    fault: ({ path }) =>
      path === '/v2/' ? undefined : { is: 'answer', status: 403, headers: json, body: refusal('DENIED', text) },
  });
  const client = clientOf(own.host);
  expect(await ociFailure(client.headManifest('acme/app', 'v1'))).toMatchObject({ codes: ['DENIED'], peerText: text });
  const blob = blobOf(bytesOf('x', 3));
  expect(await ociFailure(client.hasBlob('acme/app', blob.digest))).toMatchObject({ peerText: text });
});

it('a blob is found by GET where HEAD is refused', async () => {
  const own = await registry({
    fault: ({ method, path }) =>
      method === 'HEAD' && path.includes('/blobs/') ? { is: 'answer', status: 403 } : undefined,
  });
  const client = clientOf(own.host);
  const blob = blobOf(bytesOf('x', 3_000));
  expect(await client.hasBlob('acme/app', blob.digest)).toBeUndefined();
  await client.pushBlob('acme/app', blob);
  expect(await client.hasBlob('acme/app', blob.digest)).toBe(3_000);
  expect((await all(await client.getBlob('acme/app', blob))).byteLength).toBe(3_000);
});

it('a mount that the registry can not do is asked once, and the blob is sent', async () => {
  const own = await registry({
    fault: ({ query }) => (query.has('mount') ? { is: 'answer', status: 500 } : undefined),
  });
  const client = clientOf(own.host);
  expect(await client.pushBlob('acme/app', blobOf(bytesOf('x', 3_000)), ['acme/base'])).toBe('uploaded');
  expect(own.requests.filter(({ query }) => query.has('mount')).length).toBe(1);
});

it('a token server that always answers 503 is asked within the budget of any other', async () => {
  const own = await registry({
    auth: 'bearer',
    verify,
    fault: ({ path }) => (path === '/token' ? { is: 'answer', status: 503 } : undefined),
  });
  const client = clientOf(own.host, { credential });
  expect(await ociFailure(client.pushBlob('acme/app', blobOf(bytesOf('x', 10))))).toMatchObject({
    status: 503,
    answerer: 'tokenServer',
  });
  const asked = own.requests.filter(({ path }) => path === '/token').length;
  expect(asked).toBeLessThan(20);
  expect(client.clock.slept.length).toBe(asked - 1);
});
