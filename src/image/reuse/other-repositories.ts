import { TagboatError } from '../../errors.ts';
import { WireFailure } from '../../wire/failure.ts';
import type { Digest, ManifestBytes } from '../../wire/oci/types.ts';
import type { Fingerprint } from '../fingerprint/fingerprint.ts';
import { recordTag } from '../fingerprint/record.ts';
import type { Destination } from '../registry.ts';
import { copyImage } from './copy-image.ts';
import { findKnown, fingerprintTag } from './tags.ts';

/** What other repositories of the registry have of the same input, in their order. */
export interface Elsewhere {
  readonly found: readonly { readonly repository: string; readonly manifest: ManifestBytes }[];
  /** Repositories that couldn't be asked, a sentence each. */
  readonly troubles: readonly string[];
}

/** Asks other repositories for an image of the same input; one that can't be asked is told, and the image is built. */
export async function findElsewhere(
  { registry, tag }: Destination,
  repositories: readonly string[],
  fingerprint: Fingerprint,
  signal: AbortSignal,
): Promise<Elsewhere> {
  const answers = await Promise.allSettled(
    repositories.map((repository) => findKnown({ registry, repository, tag }, fingerprint)),
  );
  signal.throwIfAborted();
  const troubles: string[] = [];
  const found = answers.flatMap((answer, at) => {
    const repository = repositories[at] ?? '';
    if (answer.status === 'fulfilled')
      return answer.value === undefined ? [] : [{ repository, manifest: answer.value }];
    troubles.push(`${repository} could not be asked for an image of the same input (${codeOf(answer.reason)}).`);
    return [];
  });
  return { found, troubles };
}

/**
 * Makes an image of another repository the target's, with the list of what went into it, whose time is the image's age.
 * Answers why not, as a sentence, when it can't be done: then the image is built. Throws only the signal's reason.
 */
export async function takeOver(
  target: Destination,
  manifest: ManifestBytes,
  from: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await copyImage(target.registry, manifest, from, target);
    await copyRecord(target, manifest.digest, from);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return `The image of the same input could not be taken over from ${from} (${codeOf(error)}).`;
  }
}

/** An image without its list is none the worse: some registries take nothing but images. */
async function copyRecord({ registry, repository }: Destination, digest: Digest, from: string): Promise<void> {
  const tag = recordTag(digest);
  try {
    const record = await registry.client.getManifest(from, tag);
    if (record !== undefined) await copyImage(registry, record, from, { repository, tag });
  } catch (error) {
    if (!(error instanceof WireFailure || error instanceof TagboatError)) throw error;
  }
}

/** As sentences about a reuse say it: `acme/app as fp-0123456789ab`. */
export function placeOf(repository: string, fingerprint: Fingerprint): string {
  return `${repository} as ${fingerprintTag(fingerprint).slice(0, 15)}`;
}

/** Rethrows what is no failure of the registry's. */
function codeOf(error: unknown): string {
  if (error instanceof TagboatError) return error.code;
  if (error instanceof WireFailure) return String(error.peerCode ?? error.status ?? error.kind);
  throw error;
}
