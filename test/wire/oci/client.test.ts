import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, finishDigest, startDigest } from '../../../src/wire/oci/digest.ts';
import { mediaTypes, parseManifest, toManifest } from '../../../src/wire/oci/manifest.ts';
import type { Digest } from '../../../src/wire/oci/types.ts';
import { all, blobOf, bytesOf, clientOf, ociFailure, pushParts } from '../../support/oci.ts';
import { type RunningRegistry, registries } from '../../support/registries.ts';

const absent: Digest = `sha256:${'0'.repeat(64)}`;

describe.each(registries)('with $title', ({ available, start }) => {
  describe.skipIf(!available)('a client', () => {
    let registry: RunningRegistry;
    beforeAll(async () => {
      registry = await start();
    });
    afterAll(() => registry.close());
    // Every test its own repository: they share one registry.
    const fresh = () => `acme/${randomBytes(4).toString('hex')}`;

    it('pushes an image and reads it back by tag and by digest', async () => {
      const client = clientOf(registry.host);
      const repository = fresh();
      const manifest = await pushParts(client, repository, 'image');
      await client.putManifest(repository, 'v1', manifest);
      const head = { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.byteLength };
      for (const reference of ['v1', manifest.digest]) {
        expect(await client.headManifest(repository, reference)).toEqual(head);
        const got = await client.getManifest(repository, reference);
        expect(got).toEqual({ ...manifest, bytes: Buffer.from(manifest.bytes) });
      }
      const image = parseManifest(manifest);
      if (image.is !== 'image') throw new Error('not an image');
      for (const part of [image.config, ...image.layers]) {
        expect(await client.hasBlob(repository, part.digest)).toBe(part.size);
        expect((await all(await client.getBlob(repository, part))).byteLength).toBe(part.size);
      }
    });

    it('knows what is not there', async () => {
      const client = clientOf(registry.host);
      const repository = fresh();
      for (const reference of ['v1', absent]) {
        expect(await client.headManifest(repository, reference)).toBeUndefined();
        expect(await client.getManifest(repository, reference)).toBeUndefined();
      }
      expect(await client.hasBlob(repository, absent)).toBeUndefined();
      expect(await ociFailure(client.getBlob(repository, { digest: absent, size: 1 }))).toMatchObject({ status: 404 });
    });

    it('puts an index over manifests put by digest, and moves a tag', async () => {
      const client = clientOf(registry.host);
      const repository = fresh();
      const manifests = [];
      for (const architecture of ['amd64', 'arm64']) {
        const manifest = await pushParts(client, repository, architecture);
        await client.putManifest(repository, manifest.digest, manifest);
        const { mediaType, digest, bytes } = manifest;
        manifests.push({ mediaType, digest, size: bytes.byteLength, platform: { os: 'linux', architecture } });
      }
      const index = toManifest(mediaTypes.ociIndex, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
      await client.putManifest(repository, 'v1', index);
      const got = await client.getManifest(repository, 'v1');
      expect(got && parseManifest(got)).toEqual({ is: 'index', mediaType: mediaTypes.ociIndex, manifests });

      const other = await pushParts(client, repository, 'other');
      await client.putManifest(repository, 'v1', other);
      expect((await client.headManifest(repository, 'v1'))?.digest).toBe(other.digest);
    });

    it('refuses a manifest whose parts were never pushed', async () => {
      const client = clientOf(registry.host);
      const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: absent, size: 1 };
      const value = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: layer, layers: [layer] };
      const put = client.putManifest(fresh(), 'v1', toManifest(mediaTypes.ociManifest, value));
      expect((await ociFailure(put)).codes).toContain('MANIFEST_BLOB_UNKNOWN');
    });

    it.each([
      ['nothing', 0],
      ['one byte', 1],
      ['just one chunk', 50_000],
      ['one byte more', 50_001],
      ['many chunks', 333_333],
    ])('uploads a blob of %s', async (_what, size) => {
      const client = clientOf(registry.host, { chunkBytes: 50_000 });
      const repository = fresh();
      const blob = blobOf(bytesOf('blob', size));
      expect(await client.pushBlob(repository, blob)).toBe('uploaded');
      expect(await client.hasBlob(repository, blob.digest)).toBe(size);
      expect(digestOf(await all(await client.getBlob(repository, blob)))).toBe(blob.digest);
      // One source read, from its beginning to its end: nothing is held or read twice.
      expect(blob.opened()).toBe(size === 0 ? 0 : 1);
      expect(await client.pushBlob(repository, blob)).toBe('exists');
      expect(blob.opened()).toBe(size === 0 ? 0 : 1);
    });

    it('mounts a blob that a sibling has, and uploads it where none has', async () => {
      const client = clientOf(registry.host);
      const [first, second, third] = [fresh(), fresh(), fresh()];
      const blob = blobOf(bytesOf('mounted', 5_000));
      expect(await client.pushBlob(first, blob)).toBe('uploaded');
      expect(await client.pushBlob(second, blob, [fresh(), first])).toBe('mounted');
      expect(digestOf(await all(await client.getBlob(second, blob)))).toBe(blob.digest);
      const other = blobOf(bytesOf('not there', 5_000));
      expect(await client.pushBlob(third, other, [first, second, third])).toBe('uploaded');
      expect(digestOf(await all(await client.getBlob(third, other)))).toBe(other.digest);
    });

    it('pushes many blobs at once, and the same one only once', async () => {
      const client = clientOf(registry.host, { chunkBytes: 30_000 });
      const repository = fresh();
      const blobs = Array.from({ length: 8 }, (_, i) => blobOf(bytesOf(`at once ${i}`, 20_000 * i + 7)));
      const twice = blobOf(bytesOf('twice', 90_000));
      const pushes = [...blobs, twice, twice].map((blob) => client.pushBlob(repository, blob));
      const outcomes = await Promise.all(pushes);
      expect(outcomes.filter((outcome) => outcome === 'exists')).toHaveLength(1);
      expect(twice.opened()).toBe(1);
      for (const blob of blobs) expect(digestOf(await all(await client.getBlob(repository, blob)))).toBe(blob.digest);
    });

    it('refuses to make a blob of bytes that are not its own', async () => {
      const client = clientOf(registry.host, { chunkBytes: 10_000 });
      const repository = fresh();
      for (const size of [5_000, 25_000]) {
        const right = blobOf(bytesOf('right', size));
        const wrong = { ...right, open: blobOf(bytesOf('wrong', size)).open };
        const failure = await ociFailure(client.pushBlob(repository, wrong));
        expect(failure.finding).toEqual({ is: 'mismatch', digest: right.digest });
        expect(await client.hasBlob(repository, right.digest)).toBeUndefined();
      }
    });

    it.each([
      ['shorter', -1],
      ['longer', 1],
    ])('refuses a source that is %s than announced', async (_what, difference) => {
      const client = clientOf(registry.host, { chunkBytes: 10_000 });
      const repository = fresh();
      for (const size of [5_000, 25_000]) {
        const blob = blobOf(bytesOf('length', size));
        const failure = await ociFailure(client.pushBlob(repository, { ...blob, size: size - difference }));
        expect(failure.finding).toEqual({ is: 'mismatch', digest: blob.digest });
        expect(await client.hasBlob(repository, blob.digest)).toBeUndefined();
      }
    });

    it('keeps the failure of a source that can not be read', async () => {
      const own = new Error('the disk is gone');
      const blob = blobOf(bytesOf('unreadable', 5_000));
      const open = () => new Readable({ read: (): void => void 0, construct: (done) => done(own) });
      await expect(clientOf(registry.host).pushBlob(fresh(), { ...blob, open })).rejects.toBe(own);
    });

    it('streams a large blob both ways, never holding more than a few pieces', async () => {
      const client = clientOf(registry.host, { chunkBytes: 8 * 1024 * 1024 });
      const repository = fresh();
      const piece = bytesOf('large', 64 * 1024);
      const pieces = 640;
      const hash = startDigest();
      for (let i = 0; i < pieces; i++) hash.update(piece);
      let made = 0;
      let ahead = 0;
      const source = {
        digest: finishDigest(hash),
        size: pieces * piece.byteLength,
        open: () => {
          const stream: Readable = new Readable({
            read() {
              this.push(made++ < pieces ? piece : null);
              // What was made and not yet taken can only lie in this stream's own bounded buffer.
              ahead = Math.max(ahead, stream.readableLength);
            },
          });
          return stream;
        },
      };
      expect(await client.pushBlob(repository, source)).toBe('uploaded');
      expect(ahead).toBeLessThanOrEqual(2 * piece.byteLength);

      let received = 0;
      let largest = 0;
      const stream = await client.getBlob(repository, source);
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        received += chunk.byteLength;
        largest = Math.max(largest, chunk.byteLength, stream.readableLength);
      }
      expect(received).toBe(source.size);
      expect(largest).toBeLessThanOrEqual(1024 * 1024);
    });
  });
});
