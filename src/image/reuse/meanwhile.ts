import type { ManifestBytes } from '../../wire/oci/types.ts';
import type { ImageJob } from '../job.ts';
import { taggedNow } from '../registry.ts';
import type { NewBuild } from './decide.ts';
import { findKnown, isOfInput } from './tags.ts';

// Another run tells what its image was made of right after its push.
const looks = 6;
const betweenMs = 1_000;

/**
 * The image that another run pushed under our tag since we decided to build, if it is of the same input: then it is as
 * good as ours. Throws the registry's errors, and the signal's reason.
 */
export async function pushedMeanwhile(
  { target, run: { world } }: ImageJob,
  { input, anew, tagged }: NewBuild,
): Promise<ManifestBytes | undefined> {
  // What is built again on purpose is not to be what is there.
  if (input.is === 'undecided' || anew !== undefined) return undefined;
  for (let look = 1; look <= looks; look++) {
    const there = await taggedNow(target);
    if (there === undefined || there.digest === tagged) return undefined;
    const known = await findKnown(target, input.fingerprint);
    if (known?.digest === there.digest || (await isOfInput(target, there.digest, input.fingerprint))) return there;
    if (look < looks) await world.clock.sleep(betweenMs, world.signal);
  }
  return undefined;
}
