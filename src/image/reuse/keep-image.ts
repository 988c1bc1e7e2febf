import { TagboatError } from '../../errors.ts';
import { WireFailure } from '../../wire/failure.ts';
import type { ManifestBytes } from '../../wire/oci/types.ts';
import type { Fingerprint } from '../fingerprint/fingerprint.ts';
import { writeRecord } from '../fingerprint/record.ts';
import type { ImageJob } from '../job.ts';
import { isStill, type NewBuild } from './decide.ts';
import { fingerprintTag, keepKnown } from './tags.ts';

/** Whether files and bases are those that the build was decided on. */
export function isSame(job: ImageJob, { input }: NewBuild): Promise<boolean> {
  return isStill(job, input);
}

/**
 * Puts a new image, which the registry has, under its fingerprint: that never fails the build, and goes on beside what
 * comes after where the run allows it. `compared`: `isSame`, where known already.
 */
export async function keepImage(
  job: ImageJob,
  decision: NewBuild,
  manifest: ManifestBytes,
  compared?: Promise<boolean>,
): Promise<void> {
  const { beside, world } = job.run;
  const kept = keep(job, decision, manifest, compared).catch((error: unknown) => {
    world.signal.throwIfAborted();
    // A login that has ended meanwhile, a Dockerfile that is gone by now: of the image itself they say nothing.
    if (!(error instanceof TagboatError)) throw error;
    job.tell('warning', 'IMAGE_NOT_REUSABLE', `Later builds will not reuse it. ${error.message}`);
  });
  // A signature is entered into the same list of what refers to the image, which nothing guards.
  if (beside === undefined || job.image.sign !== undefined) return kept;
  beside(kept);
}

async function keep(
  job: ImageJob,
  decision: NewBuild,
  manifest: ManifestBytes,
  compared: Promise<boolean> | undefined,
): Promise<void> {
  const { input, anew } = decision;
  if (input.is === 'undecided') {
    // For runs of the same commit alone, so that they can tell its image from another one under its tag.
    const same = input.part !== undefined && (await (compared ?? isSame(job, decision)));
    if (same) await keepRecord(job, { hash: input.part, inputs: [] }, manifest);
    return;
  }
  const { fingerprint } = input;
  if (!(await (compared ?? isSame(job, decision)))) {
    const why = 'Its files or bases changed while it was built, so later builds will not reuse it.';
    job.tell('warning', 'IMAGE_NOT_REUSABLE', why);
    return;
  }
  const parts = [keepTag(job, fingerprint, manifest, anew !== undefined), keepRecord(job, fingerprint, manifest)];
  // Neither goes on behind the other one's failure, and so behind the run's end.
  await Promise.allSettled(parts);
  await Promise.all(parts);
}

/** The tag alone: for an image whose list of inputs is there already. */
export async function keepTag(
  { target, tell }: ImageJob,
  fingerprint: Fingerprint,
  manifest: ManifestBytes,
  replaces: boolean,
): Promise<void> {
  const kept = await keepKnown(target, fingerprint, manifest, replaces);
  const tag = fingerprintTag(fingerprint);
  if (kept.is === 'second') {
    tell('info', 'IMAGE_KNOWN_ALREADY', `Another build of the same input was first; ${tag} stays ${kept.first}.`);
  } else if (kept.is === 'refused') {
    const what = `The registry did not take the tag ${tag} (${saidOf(kept.failure)})`;
    const need = 'Tags fp-* must be free to be pushed and moved.';
    tell('warning', 'IMAGE_NOT_REUSABLE', `${what}, so later builds will not reuse this image. ${need}`);
  }
}

/** Keeps what went into it beside it, for `--explain` and `refresh:`. Some registries take nothing but images. */
async function keepRecord(
  { run, target: { registry, repository }, tell }: ImageJob,
  fingerprint: Pick<Fingerprint, 'hash' | 'inputs'>,
  manifest: ManifestBytes,
): Promise<void> {
  try {
    await writeRecord(registry.client, repository, manifest, fingerprint, run.world.clock);
  } catch (error) {
    if (!(error instanceof WireFailure)) throw error;
    const what = `The registry did not take the list of what went into it (${saidOf(error)})`;
    tell('info', 'IMAGE_RECORD_NOT_KEPT', `${what}, so \`plan --explain\` can't compare.`);
  }
}

function saidOf({ peerCode, status, kind }: WireFailure): string | number {
  return peerCode ?? status ?? kind;
}
