import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { digestOf } from '../../../src/wire/oci/digest.ts';
import { clientOf } from '../../support/oci.ts';

const digest = digestOf('something');

async function answering(status: number, body: unknown): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/vnd.oci.image.index.v1+json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const one = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 3, artifactType: 'a/b' };

it('what refers to a manifest is listed, and nothing is told from not knowing', async () => {
  const list = async (status: number, body: unknown) =>
    clientOf(await answering(status, body)).referrers('app', digest);
  expect(await list(200, { schemaVersion: 2, manifests: [one] })).toMatchObject([{ digest, artifactType: 'a/b' }]);
  expect(await list(200, { schemaVersion: 2, manifests: [] })).toEqual([]);
  expect(await list(404, { errors: [{ code: 'NAME_UNKNOWN' }] })).toBeUndefined();
});

it.each([
  [200, { layers: [], config: {} }],
  [200, { manifests: [{ ...one, digest: 'sha256:short' }] }],
  [200, 'text'],
  [401, {}],
])('an answer %s %j is a failure', async (status, body) => {
  await expect(clientOf(await answering(status, body)).referrers('app', digest)).rejects.toMatchObject({
    kind: expect.stringMatching(/^(malformed|status)$/),
  });
});
