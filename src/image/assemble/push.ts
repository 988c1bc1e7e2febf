import { Readable } from 'node:stream';
import type { Compression } from '../../plan/image.ts';
import { WireFailure } from '../../wire/failure.ts';
import { digestOf } from '../../wire/oci/digest.ts';
import { mediaTypes, toManifest } from '../../wire/oci/manifest.ts';
import { registryError } from '../../wire/oci/report.ts';
import type { BlobPush, BlobSource, Descriptor, ManifestBytes } from '../../wire/oci/types.ts';
import { type Base, isDockerKind } from '../base/base.ts';
import { configBytes, type OciImageConfig } from '../base/config.ts';
import type { Packed } from '../layer/blob.ts';
import { allInParallel } from '../parallel.ts';
import type { PlatformParts } from '../platform.ts';
import { type Destination, toRegistry } from '../registry.ts';

/** An image of one platform whose layers the repository has, the base's and its own. */
export interface Assembled {
  readonly platform: PlatformParts;
  readonly base: Base | undefined;
  readonly layers: readonly Packed[];
  /** No earlier image of the repository is known. */
  readonly first: boolean;
  /** Without the new layers' ids; they are added here. */
  readonly config: OciImageConfig;
  /** Those that are filled in. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Those that the config has, which go before. */
  readonly ownAnnotations: Readonly<Record<string, string>> | undefined;
}

interface Types {
  readonly manifest: string;
  readonly config: string;
  readonly layer: (compression: Compression) => string;
}

const dockerTypes: Types = {
  manifest: mediaTypes.dockerManifest,
  config: 'application/vnd.docker.container.image.v1+json',
  layer: () => 'application/vnd.docker.image.rootfs.diff.tar.gzip',
};
const ociTypes: Types = {
  manifest: mediaTypes.ociManifest,
  config: 'application/vnd.oci.image.config.v1+json',
  layer: (compression) => `application/vnd.oci.image.layer.v1.tar+${compression}`,
};

/** Docker's kinds of layers by OCI's names. */
const ociKinds: Readonly<Record<string, string>> = {
  [dockerTypes.layer('gzip')]: ociTypes.layer('gzip'),
  'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip':
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
};

/** As its base; Docker's own kind knows gzip alone, and no annotations. */
function typesOf({ base, layers, ownAnnotations }: Assembled): Types {
  const isDocker = isDockerKind(base) && ownAnnotations === undefined;
  return isDocker && layers.every(({ compression }) => compression === 'gzip') ? dockerTypes : ociTypes;
}

// More at once only makes one connection wait for the other.
const blobsAtOnce = 4;

/** Makes the repository have a base's layers: there already, mounted where it is the same registry, or carried over. */
export async function sendBase(
  base: Base,
  target: Destination,
  first: boolean,
  tell: (line: string) => void,
): Promise<void> {
  const sameHost = base.registry.client.host === target.registry.client.host && base.repository !== target.repository;
  const layers = base.manifest.layers
    // What a registry must not hand on stays where its licence wants it.
    .filter((layer) => !/foreign|nondistributable/.test(layer.mediaType))
    .map((layer) => baseBlob(layer, base));
  await allInParallel(layers, blobsAtOnce, (blob) => {
    const from = sameHost ? [base.repository] : [];
    // Where there is nothing to mount from, the whole layer would be sent.
    return sendBlob(blob, target, { from, absent: first && sameHost }, tell);
  });
}

// To send less than this costs no more than to ask whether it is there.
const smallBlob = 64 * 1024;

/** Makes the repository have a blob that was made here. On the `first` image it most likely isn't there. */
export function sendNew(
  blob: BlobSource,
  target: Destination,
  first: boolean,
  tell: (line: string) => void,
): Promise<void> {
  return sendBlob(blob, target, { from: [], absent: first && blob.size <= smallBlob }, tell);
}

async function sendBlob(
  blob: BlobSource,
  { registry, repository }: Destination,
  { from, absent }: { readonly from: readonly string[]; readonly absent: boolean },
  tell: (line: string) => void,
): Promise<void> {
  const how = await toRegistry(registry, repository, () => registry.client.pushBlob(repository, blob, from, absent));
  tell(`${blob.digest.slice(0, 19)} ${shownSize(blob.size)}: ${shownPush[how]}`);
}

/** Sends configs, then manifests, then the tag: a tag never names what isn't there yet. `remember` is told what is tagged. */
export async function pushImage(
  images: readonly Assembled[],
  target: Destination,
  tell: (line: string) => void,
  remember: (manifest: ManifestBytes) => Promise<void>,
): Promise<ManifestBytes> {
  const manifests = await allInParallel(images, images.length, (image) => manifestOf(image, target, tell));
  const [only] = manifests;
  if (only === undefined) throw new Error('an image has no platform');
  if (manifests.length === 1) {
    await Promise.all([putManifest(target, target.tag, only), remember(only)]);
    return only;
  }
  await Promise.all(manifests.map((manifest) => putManifest(target, manifest.digest, manifest)));
  const index = indexOf(images, manifests);
  await Promise.all([putManifest(target, target.tag, index), remember(index)]);
  return index;
}

/** Puts a manifest under a tag or its digest. */
export function putManifest(
  { registry, repository }: Destination,
  reference: string,
  manifest: ManifestBytes,
): Promise<void> {
  return toRegistry(registry, repository, () => registry.client.putManifest(repository, reference, manifest));
}

async function manifestOf(image: Assembled, target: Destination, tell: (line: string) => void): Promise<ManifestBytes> {
  const types = typesOf(image);
  const config = configBytes({
    ...image.config,
    rootfs: {
      type: 'layers',
      diff_ids: [...image.config.rootfs.diff_ids, ...image.layers.map((layer) => layer.plainDigest)],
    },
  });
  const digest = digestOf(config);
  const size = config.byteLength;
  const blob = { digest, size, open: () => Readable.from([Buffer.from(config)]) };
  await sendNew(blob, target, image.first, tell);
  const baseLayers = (image.base?.manifest.layers ?? []).map((layer) =>
    types === ociTypes ? { ...layer, mediaType: ociKinds[layer.mediaType] ?? layer.mediaType } : layer,
  );
  const ownLayers = image.layers.map((layer) => ({
    mediaType: types.layer(layer.compression),
    digest: layer.digest,
    size: layer.size,
  }));
  return toManifest(types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest, size },
    layers: [...baseLayers, ...ownLayers],
    ...(types === dockerTypes ? {} : { annotations: { ...image.annotations, ...image.ownAnnotations } }),
  });
}

const shownPush: Readonly<Record<BlobPush, string>> = {
  exists: 'there already',
  mounted: 'taken over from the base image',
  uploaded: 'uploaded',
};

function indexOf(images: readonly Assembled[], manifests: readonly ManifestBytes[]): ManifestBytes {
  const docker = images.every((image) => typesOf(image) === dockerTypes);
  const mediaType = docker ? mediaTypes.dockerList : mediaTypes.ociIndex;
  const listed = manifests.map(({ mediaType: kind, digest, bytes }, at) => {
    const { os = '', architecture = '', variant = '' } = images[at]?.platform ?? {};
    const platform = { architecture, os, ...(variant === '' ? {} : { variant }) };
    return { mediaType: kind, digest, size: bytes.byteLength, platform };
  });
  const [first] = images;
  const annotations = first && { ...withoutBase(first.annotations), ...first.ownAnnotations };
  const shown = docker || annotations === undefined ? {} : { annotations };
  return toManifest(mediaType, { schemaVersion: 2, mediaType, manifests: listed, ...shown });
}

/** Each platform has another base, so the index names none. */
function withoutBase(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(annotations).filter(([key]) => !key.startsWith('org.opencontainers.image.base.')),
  );
}

/** A base's layer, read from its registry only when ours turns out not to have it. */
function baseBlob({ digest, size }: Descriptor, base: Base): BlobSource {
  const read = async function* () {
    try {
      yield* await base.registry.client.getBlob(base.repository, { digest, size });
    } catch (error) {
      if (!(error instanceof WireFailure)) throw error;
      const { host } = base.registry.client;
      throw registryError(error, {
        host,
        repository: base.repository,
        doing: 'pull',
        login: await base.registry.login(),
      });
    }
  };
  return { digest, size, open: () => Readable.from(read()) };
}

function shownSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
