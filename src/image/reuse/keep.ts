import { WireFailure } from '../../wire/failure.ts';
import type { ManifestBytes } from '../../wire/oci/types.ts';
import type { Target } from '../assemble/push.ts';
import type { Fingerprint } from '../fingerprint/fingerprint.ts';
import { writeRecord } from '../fingerprint/record.ts';
import { runOf } from '../run.ts';
import { isStill, type NewBuild, targetOf } from './decide.ts';
import { fingerprintTag, keepKnown } from './reuse.ts';
import { tell, type Way } from './way.ts';

/** Whether the files are those that the fingerprint was taken of. */
export async function isSame({ world, image, context }: Way, { known }: NewBuild): Promise<boolean> {
  return known.is === 'known' && (await isStill(world, image, context, known.fingerprint));
}

/**
 * Puts a new image under its fingerprint for later runs. That it can't be isn't this build's failure. `compared` is
 * `isSame` where it was asked already.
 */
export async function keep(
  way: Way,
  decision: NewBuild,
  manifest: ManifestBytes,
  compared?: Promise<boolean>,
): Promise<void> {
  const { world, image, context } = way;
  const { known, anew } = decision;
  if (known.is === 'undecided') return;
  const { fingerprint } = known;
  if (!(await (compared ?? isSame(way, decision)))) {
    tell(way, 'warning', 'Its files changed while it was built, so later builds will not reuse it.');
    return;
  }
  const target = targetOf(image, runOf(world, context));
  await Promise.all([
    keepTag(way, target, fingerprint, manifest, anew !== undefined),
    keepRecord(way, target, fingerprint, manifest),
  ]);
}

/** The tag alone: for an image whose list of inputs is there already. */
export async function keepTag(
  way: Way,
  target: Target,
  fingerprint: Fingerprint,
  manifest: ManifestBytes,
  replaces: boolean,
): Promise<void> {
  const kept = await keepKnown(target, fingerprint, manifest, replaces);
  const tag = fingerprintTag(fingerprint);
  if (kept.is === 'second') {
    tell(way, 'info', `Another build of the same input was first; ${tag} stays ${kept.first}.`);
  } else if (kept.is === 'refused') {
    const what = `The registry did not take the tag ${tag} (${saidOf(kept.failure)})`;
    tell(
      way,
      'warning',
      `${what}, so later builds will not reuse this image. Tags fp-* must be free to be pushed and moved.`,
    );
  }
}

/** Keeps what went into it beside it, for `--explain` and `refresh:`. Some registries take nothing but images. */
async function keepRecord(
  way: Way,
  { shelf, repository }: Target,
  fingerprint: Fingerprint,
  manifest: ManifestBytes,
): Promise<void> {
  try {
    await writeRecord(shelf.client, repository, manifest, fingerprint, way.world.clock);
  } catch (error) {
    if (!(error instanceof WireFailure)) throw error;
    const message = `The registry did not take the list of what went into it (${saidOf(error)}), so \`plan --explain\` can't compare.`;
    tell(way, 'info', message);
  }
}

function saidOf({ peerCode, status, kind }: WireFailure): string | number {
  return peerCode ?? status ?? kind;
}
