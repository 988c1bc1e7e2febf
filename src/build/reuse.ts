import type { ImagePlan, Source } from '../plan.ts';
import type { Digest } from '../wire/oci/types.ts';
import { atRegistry } from './assemble/base.ts';
import type { Target } from './assemble/push.ts';

/** An image that is there already, and why it is the one wanted. */
export interface Reusable {
  readonly digest: Digest;
  /** A whole sentence. */
  readonly why: string;
}

/**
 * Looks for an image that makes a build unnecessary. A tag that names the commit means what that commit builds, so when
 * the registry has it, it is the one. (What content alone decides, the fingerprint, has its place here too.)
 */
export async function findReusable(image: ImagePlan, source: Source, target: Target): Promise<Reusable | undefined> {
  // Files changed since the commit: its name says nothing about what would be built.
  if (source.dirty || !namesCommit(image.tag, source.commit)) return undefined;
  const { shelf, repository, tag } = target;
  const found = await atRegistry(shelf, repository, tag, () => shelf.client.headManifest(repository, tag));
  if (found === undefined) return undefined;
  return { digest: found.digest, why: 'Its tag names this commit and is in the registry already.' };
}

/** Whether a tag has the commit's id in it, or the seven digits or more that git shortens it to. */
export function namesCommit(tag: string, commit: string): boolean {
  return tag.includes(commit.slice(0, 7));
}
