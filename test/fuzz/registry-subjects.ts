import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { baseConfig } from '../../src/image/base/config.ts';
import { BrokenArchive } from '../../src/image/layer/archive-bytes.ts';
import { applyLayer, readLayer } from '../../src/image/layer/read.ts';
import { tarEnd, tarHeader } from '../../src/image/layer/tar.ts';
import { unpacked } from '../../src/image/layer/unpack.ts';
import { isTarHeader } from '../../src/image/layer/untar.ts';
import { Blocked, dirOf } from '../../src/image/tree/tree.ts';
import { WireFailure } from '../../src/wire/failure.ts';
import { parseChallenges } from '../../src/wire/oci/auth/challenge.ts';
import { fetchToken } from '../../src/wire/oci/auth/token.ts';
import { readRefusal } from '../../src/wire/oci/failure.ts';
import { mediaTypes, parseManifest, parseObject, toManifest } from '../../src/wire/oci/manifest.ts';
import { parseReference, showReference } from '../../src/wire/oci/reference.ts';
import { answering, json, never, type Subject, text } from './subject.ts';

const wireFailure = (error: unknown): boolean => error instanceof WireFailure;

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: 1234 };
const image = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: layer, layers: [layer, layer] };
const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };
const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [{ ...layer, platform }] };
const config = {
  ...{ architecture: 'amd64', os: 'linux', created: '2026-01-01T00:00:00Z' },
  config: { Env: ['PATH=/bin'], Cmd: ['sh'], Labels: { a: 'b' }, ExposedPorts: { '80/tcp': {} }, User: '1000' },
  rootfs: { type: 'layers', diff_ids: [digest] },
  history: [{ created_by: 'COPY x /', empty_layer: true }],
};

const entry: Parameters<typeof tarHeader>[0] = {
  ...{ path: 'etc/passwd', type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 1_700_000_000, size: 5 },
  ...{ target: '', major: 0, minor: 0, xattrs: new Map<string, string>() },
};
const content = Buffer.concat([Buffer.from('root\n'), Buffer.alloc(507)]);
const archive = Buffer.concat([
  tarHeader({ ...entry, path: 'etc', type: 'dir', size: 0 }),
  ...[tarHeader(entry), content],
  tarHeader({ ...entry, path: `a/${'long'.repeat(60)}/é`, type: 'link', target: '../../etc/passwd', size: 0 }),
  tarHeader({ ...entry, path: 'hard', type: 'hardlink', target: 'etc/passwd', size: 0 }),
  tarHeader({ ...entry, path: 'etc/.wh.shadow', size: 0, xattrs: new Map([['SCHILY.xattr.user.x', 'y']]) }),
  tarEnd(),
]);

/** A header's sum is right again wherever a header may stand. */
function summed(bytes: Buffer): Buffer {
  for (let at = 0; at + 512 <= bytes.byteLength; at += 512) {
    const header = bytes.subarray(at, at + 512);
    // Content and empty blocks stay as they are.
    if (header.toString('latin1', 257, 262) !== 'ustar') continue;
    header.fill(0x20, 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  }
  return bytes;
}

async function readArchive(bytes: Buffer): Promise<void> {
  const plain = await unpacked(Readable.from([bytes]));
  if ('unknown' in plain) return;
  const entries = await readLayer(plain.chunks, undefined);
  await applyLayer(dirOf({ mode: 0o755, uid: 0, gid: 0, mtime: undefined }), entries);
}

const archiveFault = (error: unknown): boolean =>
  error instanceof BrokenArchive ||
  error instanceof Blocked ||
  // The caller takes zlib's own codes for a layer that is damaged.
  /^Z_/.test((error as { code?: string }).code ?? '');

/** Everything that registries send, and what lies in images. */
export const registrySubjects: readonly Subject[] = [
  {
    name: 'a manifest',
    inputs: [
      json(image),
      json(index),
      json({ ...image, mediaType: mediaTypes.dockerManifest, annotations: { a: 'b' } }),
    ],
    read: (bytes) => {
      for (const mediaType of Object.values(mediaTypes)) {
        try {
          parseManifest({ ...toManifest(mediaType, {}), bytes });
        } catch (error) {
          // Read as one kind it may be right, whatever it is as the others.
          if (!wireFailure(error)) throw error;
        }
      }
    },
    declared: never,
  },
  {
    name: "an image's config",
    inputs: [json(config)],
    read: (bytes) => baseConfig(parseObject(bytes)),
    declared: never,
  },
  {
    name: 'a challenge',
    inputs: [
      text('Bearer realm="https://auth.test/token",service="registry.test",scope="repository:a/b:pull,push"'),
      text('Negotiate abcd==, Basic realm="x \\"y\\"", Digest a=b , c = "d"'),
    ],
    read: (bytes) => parseChallenges(bytes.toString('latin1')),
    declared: never,
  },
  {
    name: 'a reference',
    inputs: [text(`registry.test:5000/acme/app:v1@${digest}`), text('alpine'), text('[::1]:80/a_b/c-d.e:T')],
    read: (bytes) => {
      const reference = parseReference(bytes.toString('utf8'));
      if (reference !== undefined) parseReference(showReference(reference));
    },
    declared: never,
  },
  {
    name: 'a token',
    inputs: [json({ token: 'abc', expires_in: 300, issued_at: 'x' }), json({ access_token: 'def' })],
    read: (bytes) =>
      fetchToken({
        ...{ http: answering(bytes), origin: 'https://registry.test', realm: 'https://auth.test/token' },
        ...{ service: 's', scopes: [], credential: undefined, maxTries: 1, random: () => 0.5, mask: () => undefined },
        clock: { now: () => 0, sleep: async () => undefined },
        signal: new AbortController().signal,
        notice: () => undefined,
      }),
    declared: wireFailure,
  },
  {
    name: 'a refusal',
    inputs: [json({ errors: [{ code: 'DENIED', message: 'no', detail: {} }] }), json({ details: 'x' }), text('<html>')],
    read: (bytes) => readRefusal('application/json', bytes.toString('utf8')),
    declared: never,
  },
  { name: 'an archive', inputs: [archive, gzipSync(archive)], read: readArchive, declared: archiveFault },
  {
    name: 'an archive with the right sums',
    inputs: [archive],
    mend: summed,
    read: async (bytes) => {
      isTarHeader(bytes);
      await readArchive(bytes);
    },
    declared: archiveFault,
  },
];
