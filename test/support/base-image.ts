import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { digestOf } from '../../src/wire/oci/digest.ts';
import { mediaTypes, toManifest } from '../../src/wire/oci/manifest.ts';
import type { Descriptor, ManifestBytes } from '../../src/wire/oci/types.ts';
import { blobOf, clientOf } from './oci.ts';

/** One entry of an archive; files have a `body`. */
export type TarEntry = Partial<Header> & { readonly name: string; readonly body?: string };

/** An archive with these entries, by tar-stream's own writer. */
export async function tarOf(...entries: TarEntry[]): Promise<Buffer> {
  const archive = pack();
  const whole = buffer(archive);
  for (const { body = '', ...header } of entries) {
    const filled = { mtime: new Date(1e12), mode: 0o644, ...header };
    const content = header.type === undefined || header.type === 'file' ? body : '';
    await new Promise<void>((resolve, reject) => {
      archive.entry(filled, content, (error) => (error == null ? resolve() : reject(error)));
    });
  }
  archive.finalize();
  return whole;
}

export interface BaseImage {
  readonly repository: string;
  /** Entries of each layer, or a layer's whole bytes, compressed or not. */
  readonly layers: readonly (readonly TarEntry[] | Uint8Array)[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string };
  /** Docker's media types instead of OCI's. */
  readonly docker?: boolean;
  /** Undefined: by its digest alone, for an index. */
  readonly tag?: string;
}

/** A base image made by hand: its blobs and its manifest. */
export async function makeBaseImage(image: Omit<BaseImage, 'repository' | 'tag'>) {
  const { docker = false, platform = { os: 'linux', architecture: 'amd64' }, config = {} } = image;
  const layers = await Promise.all(
    image.layers.map(async (layer) => {
      const tar = layer instanceof Uint8Array ? layer : await tarOf(...layer);
      return { diff: digestOf(tar), blob: blobOf(layer instanceof Uint8Array ? Buffer.from(tar) : gzipSync(tar)) };
    }),
  );
  const rootfs = { type: 'layers', diff_ids: layers.map(({ diff }) => diff) };
  const configBlob = blobOf(Buffer.from(JSON.stringify({ ...platform, config, rootfs, history: [] })));
  const types = docker
    ? ['application/vnd.docker.container.image.v1+json', 'application/vnd.docker.image.rootfs.diff.tar.gzip']
    : ['application/vnd.oci.image.config.v1+json', 'application/vnd.oci.image.layer.v1.tar+gzip'];
  const mediaType = docker ? mediaTypes.dockerManifest : mediaTypes.ociManifest;
  const manifest = toManifest(mediaType, {
    schemaVersion: 2,
    mediaType,
    config: { ...configBlob.descriptor, mediaType: types[0] },
    layers: layers.map(({ blob }) => ({ ...blob.descriptor, mediaType: types[1] })),
  });
  const descriptor: Descriptor = { mediaType, digest: manifest.digest, size: manifest.bytes.byteLength, platform };
  return { blobs: [...layers.map(({ blob }) => blob), configBlob], manifest, descriptor };
}

/** Pushes a base image made by hand; answers its manifest's descriptor. */
export async function pushBaseImage(host: string, image: BaseImage): Promise<Descriptor> {
  const client = clientOf(host);
  const { blobs, manifest, descriptor } = await makeBaseImage(image);
  for (const blob of blobs) await client.pushBlob(image.repository, blob);
  await client.putManifest(image.repository, image.tag ?? manifest.digest, manifest);
  return descriptor;
}

/** Pushes an index of images that are there. */
export async function pushIndex(
  host: string,
  repository: string,
  tag: string,
  manifests: readonly Descriptor[],
): Promise<ManifestBytes> {
  const index = toManifest(mediaTypes.ociIndex, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
  await clientOf(host).putManifest(repository, tag, index);
  return index;
}
