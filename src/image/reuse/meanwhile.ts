import { isError } from '../../errors.ts';
import type { ManifestBytes } from '../../wire/oci/types.ts';
import type { ImageJob } from '../job.ts';
import { atRegistry, taggedNow } from '../registry.ts';
import type { NewBuild } from './decide.ts';
import { findKnown, isOfInput, isWhole } from './tags.ts';

// Another run tells what its image was made of right after its push.
const looks = 6;
const betweenMs = 1_000;

/** The commit's image, pushed by another run: `why` it is as good as ours, as a sentence. */
export interface OtherImage {
  readonly manifest: ManifestBytes;
  readonly why: string;
}

/**
 * The image under our tag that is as good as the one that could not be pushed: of the same input, and pushed by another
 * run since we decided to build, or kept by a registry that lets no tag be moved. Throws the registry's errors, and the
 * signal's reason.
 */
export async function pushedMeanwhile(
  job: ImageJob,
  { input, anew, tagged }: NewBuild,
  failure: unknown,
): Promise<OtherImage | undefined> {
  const { target, run } = job;
  const hash = input.is === 'known' ? input.fingerprint.hash : input.part;
  // What is built again on purpose is not to be what is there.
  if (hash === undefined || anew !== undefined) return undefined;
  const isOurs = async ({ digest }: ManifestBytes): Promise<boolean> =>
    (input.is === 'known' && (await findKnown(target, input.fingerprint))?.digest === digest) ||
    isOfInput(target, digest, hash);
  for (let look = 1; look <= looks; look++) {
    const manifest = await taggedNow(target);
    if (manifest === undefined) return undefined;
    if (manifest.digest === tagged) {
      const why = await whyKept(job, failure);
      if (why === undefined || !(await isOurs(manifest))) return undefined;
      const { registry, repository } = target;
      const whole = await atRegistry(registry, repository, tagged, () => isWhole(target, manifest));
      return whole ? { manifest, why } : undefined;
    }
    if (await isOurs(manifest)) {
      return { manifest, why: 'Another run pushed an image of the same input at the same time.' };
    }
    if (look < looks) await run.world.clock.sleep(betweenMs, run.world.signal);
  }
  return undefined;
}

/** Why the tag is still what it was, as a sentence, where it is the registry that keeps it so. */
async function whyKept({ target: { registry, repository } }: ImageJob, failure: unknown): Promise<string | undefined> {
  if (isError(failure, 'TAG_IMMUTABLE')) return 'Its tag is immutable, and means an image of the same commit already.';
  // A builder tells in words alone why its push failed. Where we may push still, it is the tag that isn't let go.
  if (!isError(failure, 'PUSH_FAILED')) return undefined;
  const tried = await registry.client.tryPush(repository).then(
    () => 'taken',
    () => 'refused',
  );
  return tried === 'taken'
    ? 'The registry refused what was built now: its tag means an image of the same commit and files already.'
    : undefined;
}
