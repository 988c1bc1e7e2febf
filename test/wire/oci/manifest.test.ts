import { describe, expect, it } from 'vitest';
import { mediaTypes, parseManifest, parseObject, toManifest } from '../../../src/wire/oci/manifest.ts';
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
    for (const more of [{ layers: [] }, { config: descriptor }]) {
      const mixed = toManifest(mediaTypes.ociIndex, { ...index, ...more });
      expect(() => parseManifest(mixed)).toThrow(expect.objectContaining({ kind: 'malformed' }));
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

  it('of several platforms without a list of them is malformed', () => {
    for (const manifests of [undefined, {}, [descriptor, null]]) {
      const bytes = toManifest(mediaTypes.ociIndex, { schemaVersion: 2, manifests });
      expect(() => parseManifest(bytes)).toThrow(expect.objectContaining({ kind: 'malformed' }));
    }
  });

  it('has of its descriptors what is of the right kind', () => {
    const read = (more: object) => {
      const [one] = parseIndex({ ...index, manifests: [{ ...descriptor, ...more }] });
      return one;
    };
    const parseIndex = (value: object) => {
      const parsed = parseManifest(toManifest(mediaTypes.ociIndex, value));
      return parsed.is === 'index' ? parsed.manifests : [];
    };
    expect(read({ size: 0, artifactType: 'a/b', urls: ['https://a.test', 7] })).toMatchObject({
      ...{ size: 0, artifactType: 'a/b', urls: ['https://a.test'] },
    });
    expect(read({ artifactType: 7, urls: 'https://a.test' })).toEqual(descriptor);
    expect(read({ annotations: { a: 'b', c: 7 } })).toMatchObject({ annotations: { a: 'b' } });
    const platform = { os: 'linux', architecture: 'arm' };
    for (const odd of [{ os: 'linux' }, { architecture: 'arm' }, 'linux/arm']) {
      expect(read({ platform: odd })).toEqual(descriptor);
    }
    for (const variant of ['', 7]) expect(read({ platform: { ...platform, variant } })?.platform).toEqual(platform);
    expect(read({ platform: { ...platform, variant: 'v6' } })?.platform).toEqual({ ...platform, variant: 'v6' });
  });

  it('of an unknown kind, or in another encoding, is malformed', () => {
    const malformed = expect.objectContaining({ kind: 'malformed' });
    expect(() => parseManifest(toManifest('application/vnd.example+json', image))).toThrow(malformed);
    const bytes = Buffer.from([0xff, 0xfe]);
    expect(() => parseManifest({ ...toManifest(mediaTypes.ociManifest, image), bytes })).toThrow(malformed);
  });
});

describe('an object of JSON', () => {
  const nested = (depth: number, inner = '', [open, close] = ['[', ']']) =>
    open.repeat(depth) + inner + close.repeat(depth);

  it.each<[string, string, boolean]>([
    ['is read as deep as anybody writes', `{"a":${nested(255)}}`, true],
    ['is not read any deeper', `{"a":${nested(256)}}`, false],
    ['is not read with objects any deeper', `${nested(256, '{}', ['{"a":', '}'])}`, false],
    ['is as deep as it is open at one time', `{"a":[${Array(300).fill('[],{}').join()}]}`, true],
    ['is no deeper for what its texts hold', `{"a":"${'[{'.repeat(300)}"}`, true],
    ['has texts that quotes in them do not end', `{"a":"\\"${'['.repeat(300)}"}`, true],
    ['has texts that end after a backslash', `{"a":"\\\\","b":${nested(300)}}`, false],
    ['is no shallower for what its texts hold', `{"b":"${']'.repeat(300)}","a":${nested(256)}}`, false],
    ['is no list', '[]', false],
    ['is no text', '"{}"', false],
  ])('%s', (_, text, isRead) => {
    expect(parseObject(Buffer.from(text)) !== undefined).toBe(isRead);
  });
});
