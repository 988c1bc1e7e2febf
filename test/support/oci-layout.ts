import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mediaTypes, toManifest } from '../../src/wire/oci/manifest.ts';
import type { Descriptor, Digest } from '../../src/wire/oci/types.ts';
import { type BaseImage, makeBaseImage } from './base-image.ts';

type Listed = Omit<BaseImage, 'repository' | 'docker'>;

/** Writes an OCI layout of images made by hand (OCI image spec, image-layout.md); answers their descriptors. */
export async function writeLayout(dir: string, images: readonly Listed[]): Promise<Descriptor[]> {
  const listed: Descriptor[] = [];
  for (const { tag, ...image } of images) {
    const { blobs, manifest, descriptor } = await makeBaseImage(image);
    for (const blob of blobs) await writeBlob(dir, blob.descriptor.digest, blob.bytes);
    await writeBlob(dir, manifest.digest, manifest.bytes);
    listed.push({ ...descriptor, ...(tag === undefined ? {} : named(tag)) });
  }
  await writeIndex(dir, listed);
  return listed;
}

/** Writes an OCI layout whose one image is an index of several platforms'. */
export async function writeLayoutOfIndex(dir: string, images: readonly Listed[], tag: string): Promise<void> {
  const manifests = await writeLayout(dir, images);
  const index = toManifest(mediaTypes.ociIndex, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
  await writeBlob(dir, index.digest, index.bytes);
  const { digest, mediaType, bytes } = index;
  await writeIndex(dir, [{ digest, mediaType, size: bytes.byteLength, ...named(tag) }]);
}

async function writeIndex(dir: string, manifests: readonly Descriptor[]): Promise<void> {
  await writeFile(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
}

async function writeBlob(dir: string, digest: Digest, bytes: Uint8Array): Promise<void> {
  const [algorithm = '', hex = ''] = digest.split(':');
  await mkdir(join(dir, 'blobs', algorithm), { recursive: true });
  await writeFile(join(dir, 'blobs', algorithm, hex), bytes);
}

function named(tag: string): Pick<Descriptor, 'annotations'> {
  return { annotations: { 'org.opencontainers.image.ref.name': tag } };
}
