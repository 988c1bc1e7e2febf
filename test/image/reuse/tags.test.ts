import { describe, expect, it } from 'vitest';
import type { Destination } from '../../../src/image/registry.ts';
import { findKnown, fingerprintTag, isOfInput, isWhole, keepKnown, tagAgain } from '../../../src/image/reuse/tags.ts';
import { WireFailure } from '../../../src/wire/failure.ts';
import { digestOf } from '../../../src/wire/oci/digest.ts';
import { OciFailure } from '../../../src/wire/oci/failure.ts';
import { mediaTypes, toManifest } from '../../../src/wire/oci/manifest.ts';
import type { Digest, ManifestBytes, OciClient } from '../../../src/wire/oci/types.ts';

const digest = (text: string): Digest => digestOf(text);
const blob = (text: string, mediaType = 'application/octet-stream') => ({ mediaType, digest: digest(text), size: 1 });
const imageOf = (...layers: object[]) =>
  toManifest(mediaTypes.ociManifest, { schemaVersion: 2, config: blob('config'), layers });
const indexOf = (...manifests: ManifestBytes[]) =>
  toManifest(mediaTypes.ociIndex, {
    schemaVersion: 2,
    manifests: manifests.map(({ mediaType, digest: own, bytes }) => ({
      mediaType,
      digest: own,
      size: bytes.byteLength,
    })),
  });
const image = imageOf(blob('layer'));
const other = imageOf(blob('other'));
const fingerprint = { hash: 'f'.repeat(64), inputs: [] } as unknown as Parameters<typeof findKnown>[1];
const fault = new TypeError('a fault');
const denied = new WireFailure('status', 'https://r.test/', { status: 403 });
const failure = (status: number | undefined, finding?: NonNullable<OciFailure['finding']>) =>
  new OciFailure(new WireFailure('status', 'https://r.test/', { status }), {
    host: 'r.test',
    ...(finding === undefined ? {} : { finding }),
  });
const held = { is: 'tagHeld', tag: 't', digest: other.digest } as const;

/** A repository whose registry does what is told of it, and nothing else. */
function at(client: Partial<OciClient>): Destination {
  const registry = { client: { host: 'r.test', ...client } as OciClient, login: async () => true, isEcr: false };
  return { registry, repository: 'app', tag: 't' };
}

/** What a repository has, by the tags and digests of its manifests, and the blobs. */
const having = (manifests: Readonly<Record<string, ManifestBytes>>, blobs: readonly string[] = []) =>
  at({
    getManifest: async (_, reference) => manifests[reference],
    hasBlob: async (_, one) => (blobs.some((text) => digest(text) === one) ? 1 : undefined),
  });

describe('the image of an input', () => {
  it('is what its fingerprint’s tag names, if that is an image', async () => {
    const tag = fingerprintTag(fingerprint);
    expect(tag).toBe(`fp-${fingerprint.hash}`);
    expect(await findKnown(having({ [tag]: image }), fingerprint)).toBe(image);
    expect(await findKnown(having({ t: image }), fingerprint)).toBeUndefined();
    expect(await findKnown(having({ [tag]: toManifest('text/plain', {}) }), fingerprint)).toBeUndefined();
  });

  it('is not known by a list that can’t be read, and a fault of our own is no such list', async () => {
    const asked = (error: Error) =>
      isOfInput(at({ getManifest: () => Promise.reject(error) }), image.digest, fingerprint.hash);
    expect(await asked(denied)).toBe(false);
    await expect(asked(fault)).rejects.toBe(fault);
    expect(await isOfInput(having({}), image.digest, fingerprint.hash)).toBe(false);
  });

  it('is whole with its config and all its layers, but for those that stay where they are', async () => {
    const foreign = blob('foreign', 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip');
    const one = imageOf(blob('layer'), foreign);
    expect(await isWhole(having({}, ['config', 'layer']), one)).toBe(true);
    for (const blobs of [['config'], ['layer'], []]) expect(await isWhole(having({}, blobs), one)).toBe(false);
  });

  it('is whole with the images of all its platforms', async () => {
    const all = { [image.digest]: image, [other.digest]: other };
    const both = indexOf(image, other);
    expect(await isWhole(having(all, ['config', 'layer', 'other']), both)).toBe(true);
    expect(await isWhole(having(all, ['config', 'layer']), both)).toBe(false);
    expect(await isWhole(having({ [image.digest]: image }, ['config', 'layer', 'other']), both)).toBe(false);
  });
});

describe('another tag', () => {
  const put = (error?: Error) =>
    tagAgain(at({ putManifest: async () => (error === undefined ? undefined : Promise.reject(error)) }), image);

  it('is given, unless the registry says that parts of the image are gone', async () => {
    expect(await put()).toBe(true);
    for (const status of [400, 404, 422]) expect(await put(failure(status))).toBe(false);
  });

  it('that is refused for another reason ends the build', async () => {
    await expect(put(failure(400, held))).rejects.toMatchObject({ code: 'TAG_IMMUTABLE' });
    await expect(put(failure(403))).rejects.toMatchObject({ code: 'REGISTRY_FORBIDDEN' });
    await expect(put(failure(undefined))).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
    await expect(put(new WireFailure('cut', 'https://r.test/'))).rejects.toMatchObject({ code: 'REGISTRY_CUT' });
    await expect(put(fault)).rejects.toBe(fault);
  });
});

describe('a new image', () => {
  const keep = async (there: Digest | undefined, replaces: boolean, error?: Error) => {
    const puts: string[] = [];
    const target = at({
      headManifest: async () => there && { mediaType: '', digest: there, size: 1 },
      putManifest: async (_, reference) => {
        puts.push(reference);
        if (error !== undefined) throw error;
      },
    });
    return { kept: await keepKnown(target, fingerprint, image, replaces), puts };
  };
  const tag = fingerprintTag(fingerprint);

  it('is kept under its fingerprint, where another one is not there already', async () => {
    expect(await keep(undefined, false)).toEqual({ kept: { is: 'kept' }, puts: [tag] });
    expect(await keep(image.digest, false)).toEqual({ kept: { is: 'kept' }, puts: [] });
    expect(await keep(other.digest, false)).toEqual({ kept: { is: 'second', first: other.digest }, puts: [] });
    expect(await keep(other.digest, true)).toEqual({ kept: { is: 'kept' }, puts: [tag] });
  });

  it('is second where the registry holds the tag, and refused where it was to replace it', async () => {
    const kept = async (error: Error, replaces = false) => (await keep(undefined, replaces, error)).kept;
    expect(await kept(failure(400, held))).toEqual({ is: 'second', first: other.digest });
    for (const [error, replaces] of [
      [failure(400, held), true],
      [failure(400, { is: 'tagRefused', tag: 't', there: undefined }), false],
      [failure(400, { is: 'mismatch', digest: other.digest }), false],
      [denied, false],
    ] as const) {
      expect(await kept(error, replaces)).toEqual({ is: 'refused', failure: error });
    }
    await expect(kept(fault)).rejects.toBe(fault);
  });
});
