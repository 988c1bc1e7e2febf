import { buffer } from 'node:stream/consumers';
import type { Compression } from '../../plan/image.ts';
import { WireFailure } from '../../wire/failure.ts';
import { parseManifest, parseObject } from '../../wire/oci/manifest.ts';
import type { Descriptor, ManifestBytes, OciClient } from '../../wire/oci/types.ts';
import { type KnownLayers, nothingKnown } from '../layer/blob.ts';
import { fitness, type PlatformParts, platformParts } from '../platform.ts';

const mostConfig = 4 * 1024 * 1024;

/**
 * Reads which layers an earlier image of the repository has: its config names them before compression, its manifest
 * after, in one order. What can't be read isn't known; that never fails a build.
 */
export async function readKnownLayers(
  client: OciClient,
  repository: string,
  tags: readonly string[],
  platform: PlatformParts,
  compression: Compression,
): Promise<KnownLayers> {
  const layers = new Map<string, Descriptor>();
  try {
    for (const [plain, layer] of await layersOf(client, repository, tags, platform, compression))
      layers.set(plain, layer);
  } catch (error) {
    // Also what a manifest of another kind throws: a builder may keep its own cache under the tag.
    if (!(error instanceof WireFailure)) throw error;
  }
  if (layers.size === 0) return nothingKnown;
  return {
    empty: false,
    find: async (plainDigest) => {
      const layer = layers.get(plainDigest);
      if (layer === undefined) return undefined;
      const { digest, size } = layer;
      return (await has(client, repository, layer))
        ? { digest, size, plainDigest, compression, blob: undefined }
        : undefined;
    },
  };
}

async function layersOf(
  client: OciClient,
  repository: string,
  tags: readonly string[],
  platform: PlatformParts,
  compression: Compression,
): Promise<(readonly [string, Descriptor])[]> {
  const found = await firstManifest(client, repository, tags);
  if (found === undefined) return [];
  let manifest = parseManifest(found);
  if (manifest.is === 'index') {
    const listed = manifest.manifests.find(
      (one) => one.platform && fitness(platform, platformParts(one.platform)) === 0,
    );
    const one = listed === undefined ? undefined : await client.getManifest(repository, listed.digest);
    if (one === undefined) return [];
    manifest = parseManifest(one);
  }
  if (manifest.is === 'index' || manifest.config.size > mostConfig) return [];
  const config = await buffer(await client.getBlob(repository, manifest.config));
  const rootfs = parseObject(config)?.rootfs as { diff_ids?: unknown } | undefined;
  const plain = rootfs?.diff_ids;
  if (!Array.isArray(plain) || plain.length !== manifest.layers.length) return [];
  const packed = new RegExp(`[.+]${compression}$`);
  return manifest.layers.flatMap((layer, at) => (packed.test(layer.mediaType) ? [[plain[at], layer] as const] : []));
}

async function firstManifest(
  client: OciClient,
  repository: string,
  tags: readonly string[],
): Promise<ManifestBytes | undefined> {
  for (const tag of tags) {
    const found = await client.getManifest(repository, tag);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A blob that can't be asked after is as good as none: then it is made and sent. */
async function has(client: OciClient, repository: string, { digest, size }: Descriptor): Promise<boolean> {
  try {
    return (await client.hasBlob(repository, digest)) === size;
  } catch (error) {
    if (error instanceof WireFailure) return false;
    throw error;
  }
}
