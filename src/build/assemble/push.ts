import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { TagboatError } from '../../errors.ts';
import { WireFailure } from '../../wire/failure.ts';
import { digestOf } from '../../wire/oci/digest.ts';
import { mediaTypes, toManifest } from '../../wire/oci/manifest.ts';
import { registryError } from '../../wire/oci/report.ts';
import type { BlobPush, BlobSource, Descriptor, ManifestBytes } from '../../wire/oci/types.ts';
import { inParallel } from '../parallel.ts';
import type { PlatformParts } from '../platform.ts';
import { type Base, isDockerKind, type Shelf } from './base.ts';
import { configBytes, type ImageConfig } from './config.ts';
import type { Compressed } from './workspace.ts';

/** Where an image goes. */
export interface Target {
  readonly shelf: Shelf;
  readonly repository: string;
  readonly tag: string;
}

/** An image of one platform, ready to be sent. */
export interface Assembled {
  readonly platform: PlatformParts;
  readonly base: Base | undefined;
  readonly layers: readonly Compressed[];
  /** Without the new layers' ids; they are added here. */
  readonly config: ImageConfig;
  readonly annotations: Readonly<Record<string, string>>;
}

const dockerTypes = {
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;
const ociTypes = {
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

// More at once only makes one connection wait for the other.
const blobsAtOnce = 4;

/** Sends blobs, then manifests, then the tag: a tag never names what isn't there yet. Answers the tagged manifest's digest. */
export async function pushImage(
  images: readonly Assembled[],
  target: Target,
  tell: (line: string) => void,
): Promise<ManifestBytes> {
  const manifests: ManifestBytes[] = [];
  for (const image of images) manifests.push(await pushBlobs(image, target, tell));
  const [only] = manifests;
  if (only === undefined) throw new Error('an image has no platform');
  if (manifests.length === 1) {
    await put(target, target.tag, only);
    return only;
  }
  for (const manifest of manifests) await put(target, manifest.digest, manifest);
  const index = indexOf(images, manifests);
  await put(target, target.tag, index);
  return index;
}

function put({ shelf, repository }: Target, reference: string, manifest: ManifestBytes): Promise<void> {
  return atTarget(shelf, repository, () => shelf.client.putManifest(repository, reference, manifest));
}

async function pushBlobs(image: Assembled, target: Target, tell: (line: string) => void): Promise<ManifestBytes> {
  const types = isDockerKind(image.base) ? dockerTypes : ociTypes;
  const config = configBytes({
    ...image.config,
    rootfs: {
      type: 'layers',
      diff_ids: [...image.config.rootfs.diff_ids, ...image.layers.map((layer) => layer.plainDigest)],
    },
  });
  const configDescriptor: Descriptor = { mediaType: types.config, digest: digestOf(config), size: config.byteLength };
  const baseLayers = image.base?.manifest.layers ?? [];
  const ownLayers = image.layers.map(({ digest, size }): Descriptor => ({ mediaType: types.layer, digest, size }));
  const own = image.layers.map(fileBlob);
  const sent = [
    // What a registry must not hand on stays where its licence wants it.
    ...baseLayers
      .filter((layer) => !/foreign|nondistributable/.test(layer.mediaType))
      .map((layer) => baseBlob(layer, image.base)),
    ...own,
    { digest: configDescriptor.digest, size: config.byteLength, open: () => Readable.from([Buffer.from(config)]) },
  ];
  const sameHost =
    image.base?.shelf.client.host === target.shelf.client.host && image.base.repository !== target.repository;
  await inParallel(unique(sent), blobsAtOnce, async (blob) => {
    const from = sameHost && image.base !== undefined && !own.includes(blob) ? [image.base.repository] : [];
    const how = await atTarget(target.shelf, target.repository, () =>
      target.shelf.client.pushBlob(target.repository, blob, from),
    );
    tell(`${blob.digest.slice(0, 19)} ${shownSize(blob.size)}: ${shownPush[how]}`);
  });
  return toManifest(isDockerKind(image.base) ? mediaTypes.dockerManifest : mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: isDockerKind(image.base) ? mediaTypes.dockerManifest : mediaTypes.ociManifest,
    config: configDescriptor,
    layers: [...baseLayers, ...ownLayers],
    // Docker's own kind of manifest has no annotations.
    ...(isDockerKind(image.base) ? {} : { annotations: image.annotations }),
  });
}

const shownPush: Readonly<Record<BlobPush, string>> = {
  exists: 'there already',
  mounted: 'taken over from the base image',
  uploaded: 'uploaded',
};

function indexOf(images: readonly Assembled[], manifests: readonly ManifestBytes[]): ManifestBytes {
  const docker = images.every((image) => isDockerKind(image.base));
  const mediaType = docker ? mediaTypes.dockerList : mediaTypes.ociIndex;
  const listed = manifests.map(({ mediaType: kind, digest, bytes }, at) => {
    const { os = '', architecture = '', variant = '' } = images[at]?.platform ?? {};
    const platform = { architecture, os, ...(variant === '' ? {} : { variant }) };
    return { mediaType: kind, digest, size: bytes.byteLength, platform };
  });
  const annotations = docker || images[0] === undefined ? {} : { annotations: withoutBase(images[0].annotations) };
  return toManifest(mediaType, { schemaVersion: 2, mediaType, manifests: listed, ...annotations });
}

/** Each platform has another base, so the index names none. */
function withoutBase(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(annotations).filter(([key]) => !key.startsWith('org.opencontainers.image.base.')),
  );
}

function fileBlob({ digest, size, file }: Compressed): BlobSource {
  return { digest, size, open: () => createReadStream(file), openAt: (start) => createReadStream(file, { start }) };
}

/** A base's layer, read from its registry only when ours turns out not to have it. */
function baseBlob({ digest, size }: Descriptor, base: Base | undefined): BlobSource {
  const read = async function* () {
    if (base === undefined) return;
    try {
      yield* await base.shelf.client.getBlob(base.repository, { digest, size });
    } catch (error) {
      if (!(error instanceof WireFailure)) throw error;
      const { host } = base.shelf.client;
      throw registryError(error, { host, repository: base.repository, doing: 'pull', login: await base.shelf.login() });
    }
  };
  return { digest, size, open: () => Readable.from(read()) };
}

function unique(blobs: readonly BlobSource[]): BlobSource[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}

async function atTarget<T>(shelf: Shelf, repository: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Reading the base for the upload failed: that is the error, not the upload it broke off.
    const inner = (error as { cause?: unknown }).cause;
    if (inner instanceof TagboatError) throw inner;
    if (!(error instanceof WireFailure)) throw error;
    throw registryError(error, { host: shelf.client.host, repository, doing: 'push', login: await shelf.login() });
  }
}

function shownSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
