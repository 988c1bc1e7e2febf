import { WireFailure } from '../../wire/failure.ts';
import { OciFailure } from '../../wire/oci/failure.ts';
import { parseManifest } from '../../wire/oci/manifest.ts';
import type { Digest, ManifestBytes } from '../../wire/oci/types.ts';
import type { Fingerprint } from '../fingerprint/fingerprint.ts';
import { readRecord } from '../fingerprint/record.ts';
import { allInParallel } from '../parallel.ts';
import { atRegistry, blobsOf, type Destination, toRegistry } from '../registry.ts';

/** The tag under which an image is found by what went into it. */
export function fingerprintTag({ hash }: Pick<Fingerprint, 'hash'>): string {
  return `fp-${hash}`;
}

/** The image that was made of the same input, exactly as it was pushed: an image or an index. */
export async function findKnown(
  { registry, repository }: Destination,
  fingerprint: Fingerprint,
): Promise<ManifestBytes | undefined> {
  const tag = fingerprintTag(fingerprint);
  const found = await atRegistry(registry, repository, tag, () => registry.client.getManifest(repository, tag));
  if (found === undefined) return undefined;
  try {
    parseManifest(found);
    return found;
  } catch (error) {
    // Whatever somebody put there, it is no image.
    if (error instanceof WireFailure) return undefined;
    throw error;
  }
}

/** Whether a digest was made of the input with this hash, by the list beside it; unknown where that's unreadable. */
export async function isOfInput({ registry, repository }: Destination, digest: Digest, hash: string): Promise<boolean> {
  try {
    return (await readRecord(registry.client, repository, digest))?.fingerprint === hash;
  } catch (error) {
    if (error instanceof WireFailure) return false;
    throw error;
  }
}

const askedAtOnce = 8;

/** Whether the repository has all of an image, every platform's layers included. Throws the registry's errors. */
export async function isWhole(target: Destination, manifest: ManifestBytes): Promise<boolean> {
  const { registry, repository } = target;
  const parsed = parseManifest(manifest);
  const digests = (parsed.is === 'index' ? parsed.manifests : blobsOf(parsed)).map(({ digest }) => digest);
  const found = await allInParallel([...new Set(digests)], askedAtOnce, async (digest) => {
    if (parsed.is === 'image') return (await registry.client.hasBlob(repository, digest)) !== undefined;
    const child = await registry.client.getManifest(repository, digest);
    return child !== undefined && isWhole(target, child);
  });
  return !found.includes(false);
}

/** Gives an image of the repository another tag: one request, no layer moves. False when parts of it are gone. */
export async function tagAgain({ registry, repository, tag }: Destination, manifest: ManifestBytes): Promise<boolean> {
  return toRegistry(registry, repository, async () => {
    try {
      await registry.client.putManifest(repository, tag, manifest);
      return true;
    } catch (error) {
      const isLacking = error instanceof OciFailure && error.finding === undefined;
      if (isLacking && [400, 404, 422].includes(error.status ?? 0)) return false;
      throw error;
    }
  });
}

/** How keeping an image under its fingerprint ended. */
export type Kept =
  | { readonly is: 'kept' }
  /** Another build of the same input was first; its image stays the one that is reused. */
  | { readonly is: 'second'; readonly first: Digest }
  | { readonly is: 'refused'; readonly failure: WireFailure };

/**
 * Puts a new image under its fingerprint. An image that is there already stays, unless this one `replaces` it: builds
 * at the same time agree on the first. A refusal is told, not thrown: the image itself is pushed.
 */
export async function keepKnown(
  { registry, repository }: Destination,
  fingerprint: Fingerprint,
  manifest: ManifestBytes,
  replaces: boolean,
): Promise<Kept> {
  const tag = fingerprintTag(fingerprint);
  try {
    const there = replaces ? undefined : await registry.client.headManifest(repository, tag);
    if (there !== undefined) {
      return there.digest === manifest.digest ? { is: 'kept' } : { is: 'second', first: there.digest };
    }
    await registry.client.putManifest(repository, tag, manifest);
    return { is: 'kept' };
  } catch (error) {
    if (!(error instanceof WireFailure)) throw error;
    const first = error instanceof OciFailure && error.finding?.is === 'tagHeld' ? error.finding.digest : undefined;
    return first === undefined || replaces ? { is: 'refused', failure: error } : { is: 'second', first };
  }
}
