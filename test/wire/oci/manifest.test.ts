import { describe, expect, it } from 'vitest';
import { manifestFor, mediaTypes, parseManifest, toManifest } from '../../../src/wire/oci/manifest.ts';
import type { Descriptor } from '../../../src/wire/oci/types.ts';

const descriptor: Descriptor = { mediaType: 'application/octet-stream', digest: `sha256:${'1'.repeat(64)}`, size: 7 };
const image = { schemaVersion: 2, config: descriptor, layers: [descriptor] };
const index = { schemaVersion: 2, manifests: [descriptor] };

describe('a manifest', () => {
  it.each([mediaTypes.ociManifest, mediaTypes.dockerManifest])('says its config and layers: %s', (mediaType) => {
    for (const value of [image, { ...image, mediaType }]) {
      expect(parseManifest(toManifest(mediaType, value))).toEqual({
        is: 'image',
        mediaType,
        config: descriptor,
        layers: [descriptor],
      });
    }
  });

  it.each([mediaTypes.ociIndex, mediaTypes.dockerList])('says its manifests: %s', (mediaType) => {
    const annotated = {
      ...descriptor,
      annotations: { a: 'b' },
      platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
    };
    expect(parseManifest(toManifest(mediaType, { ...index, manifests: [annotated] }))).toEqual({
      is: 'index',
      mediaType,
      manifests: [annotated],
    });
  });

  it('is never read as the other kind (CVE-2021-41190)', () => {
    const both = { ...image, ...index };
    for (const mediaType of Object.values(mediaTypes)) {
      expect(() => parseManifest(toManifest(mediaType, both))).toThrow(expect.objectContaining({ kind: 'malformed' }));
    }
    const lying = toManifest(mediaTypes.ociManifest, { ...image, mediaType: mediaTypes.ociIndex });
    expect(() => parseManifest(lying)).toThrow(expect.objectContaining({ kind: 'malformed' }));
  });

  it.each([
    ['no config', { layers: [] }],
    ['no layers', { config: descriptor }],
    ['layers that are no list', { ...image, layers: {} }],
    ['a short digest', { ...image, config: { ...descriptor, digest: 'sha256:12' } }],
    ['a digest with more behind it', { ...image, config: { ...descriptor, digest: `${descriptor.digest}/../x` } }],
    ['a negative size', { ...image, layers: [{ ...descriptor, size: -1 }] }],
    ['a size that is no whole number', { ...image, layers: [{ ...descriptor, size: 1.5 }] }],
    ['no media type', { ...image, layers: [{ ...descriptor, mediaType: undefined }] }],
    ['nothing', {}],
    ['a list', []],
    ['null', null],
  ])('with %s is malformed', (_what, value) => {
    expect(() => parseManifest(toManifest(mediaTypes.ociManifest, value))).toThrow(
      expect.objectContaining({ kind: 'malformed', retryable: false }),
    );
  });

  it('of an unknown kind, or in another encoding, is malformed', () => {
    const malformed = expect.objectContaining({ kind: 'malformed' });
    expect(() => parseManifest(toManifest('application/vnd.example+json', image))).toThrow(malformed);
    const bytes = Buffer.from([0xff, 0xfe]);
    expect(() => parseManifest({ ...toManifest(mediaTypes.ociManifest, image), bytes })).toThrow(malformed);
  });
});

describe('the manifest for a platform', () => {
  const at = (os: string, architecture: string, variant?: string): Descriptor => ({
    ...descriptor,
    size: Math.random(),
    platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
  });
  const amd64 = at('linux', 'amd64');
  const arm64 = at('linux', 'arm64', 'v8');
  const armv6 = at('linux', 'arm', 'v6');
  const armv7 = at('linux', 'arm', 'v7');
  const attestation = at('unknown', 'unknown');
  const all = {
    is: 'index',
    mediaType: mediaTypes.ociIndex,
    manifests: [descriptor, attestation, armv6, armv7, arm64, amd64],
  } as const;

  it.each([
    ['linux/amd64', amd64],
    ['linux/arm64', arm64],
    ['linux/arm64/v8', arm64],
    ['linux/arm', armv7],
    ['linux/arm/v6', armv6],
    ['linux/s390x', undefined],
    ['windows/amd64', undefined],
    ['', undefined],
  ])('%s', (platform, expected) => {
    expect(manifestFor(all, platform)).toBe(expected);
  });
});
