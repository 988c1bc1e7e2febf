import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type Place, TagboatError } from '../../errors.ts';
import { WireFailure } from '../../wire/failure.ts';
import { isDigest } from '../../wire/oci/digest.ts';
import { type ImageManifest, mediaTypes, parseManifest, parseObject } from '../../wire/oci/manifest.ts';
import { parseReference, showReference } from '../../wire/oci/reference.ts';
import type { Descriptor, Digest } from '../../wire/oci/types.ts';
import { BrokenArchive } from '../layer/archive-bytes.ts';
import { applyLayer, type LayerEntry, readLayer } from '../layer/read.ts';
import { isDamaged, unpacked } from '../layer/unpack.ts';
import { fitness, fittest, type PlatformParts, platformParts, showPlatform } from '../platform.ts';
import { atRegistry, type Registry } from '../registry.ts';
import { Blocked, type Dir, dirOf } from '../tree/tree.ts';
import { fileChunks, type Workspace } from '../tree/workspace.ts';
import { baseConfig, type OciImageConfig } from './config.ts';

/** A base image, of one platform. */
export interface Base {
  /** As shown: `docker.io/library/nginx:1.27`. */
  readonly name: string;
  readonly registry: Registry;
  readonly repository: string;
  readonly digest: Digest;
  readonly manifest: ImageManifest;
  readonly config: OciImageConfig;
}

export interface BaseRequest {
  readonly reference: string;
  readonly platform: PlatformParts;
  /** Nobody asked for this platform: then an image without a choice of platforms is taken as it is. */
  readonly implicit: boolean;
  readonly place: Place;
  readonly registryFor: (host: string) => Promise<Registry>;
}

const mostConfig = 8 * 1024 * 1024;

/** Finds a base image in its registry. Throws DOCKERFILE_INVALID, BASE_NOT_FOUND, BASE_PLATFORM_MISSING, BASE_UNREADABLE, and the registry's errors. */
export async function findBase(request: BaseRequest): Promise<Base> {
  const { place } = request;
  const reference = parseReference(request.reference);
  if (reference === undefined) {
    throw new TagboatError('DOCKERFILE_INVALID', { reason: `${request.reference} is no image name` }, { place });
  }
  if (reference.digest !== undefined && !isDigest(reference.digest)) {
    throw needsBuilder(`${request.reference} is named by a digest that isn't sha256`, place);
  }
  const registry = await request.registryFor(reference.host);
  const { repository } = reference;
  const name = showReference(reference);
  const get = async (which: string) => {
    const found = await atRegistry(registry, repository, which, () => registry.client.getManifest(repository, which));
    if (found === undefined) throw new TagboatError('BASE_NOT_FOUND', { image: name }, { place });
    return found;
  };
  try {
    let bytes = await get(reference.digest ?? reference.tag ?? 'latest');
    let manifest = parseManifest(bytes);
    if (manifest.is === 'index') {
      bytes = await get(choose(manifest.manifests, request, name).digest);
      manifest = parseManifest(bytes);
    }
    if (manifest.is === 'index') throw needsBuilder(`${name} is an index that names another index`, place);
    const config = await readConfig(registry, repository, manifest.config, name, place);
    if (config.rootfs.diff_ids.length !== manifest.layers.length) {
      throw unreadable(name, 'its config and its manifest disagree about its layers', place);
    }
    checkPlatform(config, request, name);
    return { name, registry, repository, digest: bytes.digest, manifest, config };
  } catch (error) {
    if (error instanceof WireFailure && error.kind === 'malformed') throw unreadable(name, error.message, place, error);
    throw error;
  }
}

function choose(manifests: readonly Descriptor[], request: BaseRequest, name: string): Descriptor {
  const found = fittest(manifests, request.platform);
  if (found !== undefined) return found;
  if (manifests.length > 0 && manifests.every(({ platform }) => platform === undefined)) {
    throw needsBuilder(`${name} is an index that tells no platforms`, request.place);
  }
  throw missing(
    name,
    request,
    // BuildKit lists its attestations as unknown/unknown.
    manifests.flatMap(({ platform }) =>
      platform === undefined || platform.os === 'unknown' ? [] : [showPlatform(platformParts(platform))],
    ),
  );
}

function checkPlatform(config: OciImageConfig, request: BaseRequest, name: string): void {
  if (request.implicit || fitness(request.platform, platformParts(config)) !== undefined) return;
  throw missing(name, request, [showPlatform(platformParts(config))]);
}

function missing(image: string, request: BaseRequest, available: readonly string[]): TagboatError {
  const platform = showPlatform(request.platform);
  return new TagboatError('BASE_PLATFORM_MISSING', { image, platform, available }, { place: request.place });
}

async function readConfig(
  registry: Registry,
  repository: string,
  descriptor: Descriptor,
  name: string,
  place: Place,
): Promise<OciImageConfig> {
  if (descriptor.size > mostConfig) throw unreadable(name, 'its config is larger than any real one', place);
  const bytes = await atRegistry(registry, repository, descriptor.digest, async () =>
    buffer(await registry.client.getBlob(repository, descriptor)),
  );
  const config = baseConfig(parseObject(bytes));
  if (config === undefined) throw unreadable(name, 'its config is not that of an image', place);
  return config;
}

/** Where a layer's archive is kept, uncompressed, when its files have to be read later. */
export interface Keeping {
  readonly workspace: Workspace;
  readonly contents: boolean;
}

/** A base image's files: all layers read and put on each other. Without `contents` only /etc/passwd and /etc/group can be read. */
export async function readFiles(base: Base, keeping: Keeping, place: Place): Promise<Dir> {
  try {
    const layers = await Promise.all(base.manifest.layers.map((layer) => readOne(base, layer, keeping, place)));
    let root = dirOf({ mode: 0o755, uid: 0, gid: 0, mtime: undefined });
    for (const entries of layers) root = await applyLayer(root, entries);
    return root;
  } catch (error) {
    if (error instanceof BrokenArchive || error instanceof Blocked)
      throw unreadable(base.name, error.message, place, error);
    throw error;
  }
}

async function readOne(base: Base, layer: Descriptor, keeping: Keeping, place: Place): Promise<LayerEntry[]> {
  return atRegistry(base.registry, base.repository, layer.digest, async () => {
    const blob: Readable = await base.registry.client.getBlob(base.repository, layer);
    const plain = await unpacked(blob);
    if ('unknown' in plain) {
      throw needsBuilder(
        `its base image ${base.name} has layers packed with ${plain.unknown}, which this Node can't read`,
        place,
      );
    }
    try {
      if (!keeping.contents) return await readLayer(plain.chunks, undefined);
      const file = await keeping.workspace.spool(plain.chunks);
      return await readLayer(fileChunks(file), file);
    } catch (error) {
      if (isDamaged(error)) throw new BrokenArchive('a layer of it is damaged');
      throw error;
    }
  });
}

function needsBuilder(needs: string, place: Place): TagboatError<'ASSEMBLE_NEEDS_BUILDER'> {
  return new TagboatError('ASSEMBLE_NEEDS_BUILDER', { needs }, { place });
}

function unreadable(image: string, reason: string, place: Place, cause?: unknown): TagboatError<'BASE_UNREADABLE'> {
  return new TagboatError('BASE_UNREADABLE', { image, reason }, { place, cause });
}

/** Whether manifests built on this base are Docker's kind; everything else is OCI's. */
export function isDockerKind(base: Base | undefined): boolean {
  return base?.manifest.mediaType === mediaTypes.dockerManifest;
}
