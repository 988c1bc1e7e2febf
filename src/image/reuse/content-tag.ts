import { contentVariable } from '../../plan/image.ts';
import type { Digest, ManifestBytes } from '../../wire/oci/types.ts';
import type { ImageJob } from '../job.ts';
import { atRegistry, type Destination } from '../registry.ts';
import { tagAgain } from './tags.ts';
import type { Fingerprinted } from './take-fingerprint.ts';

// 80 bits: that two contents of one repository get one tag by chance won't happen.
const digits = 20;

/** Whether the image's tag says what it is made of. */
export function isByContent({ image }: ImageJob): boolean {
  return image.tag.includes(contentVariable);
}

/**
 * The job with the tag that a new build is pushed under. By content, that is one of the fingerprint; where only the build
 * tells, and with `refresh:`, which makes another image of the same input, it is one of the commit until then.
 */
export function nameBefore(job: ImageJob, input: Fingerprinted): ImageJob {
  if (!isByContent(job)) return job;
  if (input.is === 'known' && job.image.refreshSeconds === undefined) return nameBy(job, input.fingerprint.hash);
  const { commit, dirty } = job.run.source;
  const state = dirty === false ? '' : `-${dirty}`;
  return { ...withTag(job, `build-${job.image.name}-${commit.slice(0, digits)}${state}`), isProvisional: true };
}

/** The job with the tag of a content: a fingerprint's digits or a digest. A tag that isn't by content stays. */
export function nameBy(job: ImageJob, content: string): ImageJob {
  if (!isByContent(job)) return job;
  return withTag(job, job.image.tag.replaceAll(contentVariable, content.replace(/^sha256:/, '').slice(0, digits)));
}

/** Gives an image that is there under another tag the one of its digest, unless it has that. Throws the registry's errors. */
export async function nameAfter(opened: ImageJob, manifest: ManifestBytes): Promise<ImageJob> {
  const job = nameBy(opened, manifest.digest);
  if ((await digestTagged(job.target)) !== manifest.digest) await tagAgain(job.target, manifest);
  return job;
}

/** What a tag names now. Throws the registry's errors. */
export async function digestTagged({ registry, repository, tag }: Destination): Promise<Digest | undefined> {
  return (await atRegistry(registry, repository, tag, () => registry.client.headManifest(repository, tag)))?.digest;
}

/** The job under another tag. */
export function withTag(job: ImageJob, tag: string): ImageJob {
  return { ...job, image: { ...job.image, tag }, target: { ...job.target, tag } };
}
