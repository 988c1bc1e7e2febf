import { reportOf, TagboatError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { type ImagePlan, type ImagePreview, type ImagePushed, imageName } from '../plan.ts';
import { WireFailure } from '../wire/failure.ts';
import type { Digest, ManifestBytes } from '../wire/oci/types.ts';
import type { World } from '../wire/world.ts';
import { atRegistry } from './assemble/base.ts';
import type { Target } from './assemble/push.ts';
import { decide, decideAnew, isStill, type NewBuild, targetOf } from './decide.ts';
import { type BuildLog, createBuildLog } from './engine/log.ts';
import { writeRecord } from './fingerprint/record.ts';
import type { Fingerprint } from './fingerprint.ts';
import { fingerprintTag, keepKnown, tagAgain } from './reuse.ts';
import { runOf } from './run.ts';
import type { BuildContext } from './shelves.ts';
import { type Identity, signImage } from './sign.ts';

/**
 * Builds an image and pushes it, or finds that it needn't: a pure answer either way, with the digest read back from the
 * registry. Emits `image.started`, `image.log` and `notice`; when it throws, `image.failed` with the log's last lines
 * has been emitted before. `image.finished` is the caller's.
 */
export async function buildImage(
  world: World,
  emit: Emit,
  image: ImagePlan,
  context: BuildContext,
): Promise<ImagePushed> {
  const log = createBuildLog((line) => emit({ type: 'image.log', image: image.name, line }));
  try {
    const { sign } = image;
    if (sign === undefined) return await build({ world, emit, image, context, log });
    // Asked for before anything is pushed: a job that has no identity learns it now.
    const identity = identityOf(image, context);
    await identity('sigstore');
    const outcome = await build({ world, emit, image, context, log });
    const target = targetOf(image, runOf(world, context));
    const reused = outcome.is === 'reused';
    await signImage(world, { image, sign, target, digest: outcome.digest as Digest, reused, identity, emit });
    return outcome;
  } catch (error) {
    world.signal.throwIfAborted();
    emit({ type: 'image.failed', image: image.name, error: reportOf(error), log: log.last() });
    throw error;
  }
}

function identityOf(image: ImagePlan, { identity }: BuildContext): Identity {
  if (identity !== undefined) return identity;
  throw new TagboatError('SIGN_FAILED', { image: image.name }, { peer: { text: 'there is nobody to sign as' } });
}

/** What buildImage would do: build or reuse, with which engine and why. Reads the registry, writes nothing anywhere. */
export async function previewImage(world: World, image: ImagePlan, context: BuildContext): Promise<ImagePreview> {
  const about = { name: image.name, reference: imageName(image) };
  const decision = await decide(world, image, context);
  switch (decision.is) {
    case 'there':
      return { is: 'reused', ...about, digest: decision.digest, why: decision.why };
    case 'known':
      return { is: 'reused', ...about, digest: decision.manifest.digest, why: decision.why };
    case 'new': {
      const { known, prepared, anew } = decision;
      return {
        is: 'built',
        ...about,
        ...prepared.choice,
        ...(known.is === 'known' ? fingerprintShown(known.fingerprint) : { undecided: known.why }),
        ...(anew === undefined ? {} : { anew }),
      };
    }
  }
}

function fingerprintShown({
  hash,
  careful,
}: Fingerprint): Pick<ImagePreview & { is: 'built' }, 'fingerprint' | 'careful'> {
  return { fingerprint: hash, ...(careful.length === 0 ? {} : { careful }) };
}

/** One image's way through a run. */
interface Way {
  readonly world: World;
  readonly emit: Emit;
  readonly image: ImagePlan;
  readonly context: BuildContext;
  readonly log: BuildLog;
}

async function build(way: Way): Promise<ImagePushed> {
  const { world, image, context } = way;
  const start = world.clock.now();
  const about = { name: image.name, reference: imageName(image) };
  const seconds = () => (world.clock.now() - start) / 1_000;
  const target = targetOf(image, runOf(world, context));
  const decision = await decide(world, image, context);
  switch (decision.is) {
    case 'there':
      return { is: 'reused', ...about, digest: decision.digest, why: decision.why, seconds: seconds() };
    case 'known': {
      const { manifest, why } = decision;
      if (await tagAgain(target, manifest)) {
        const { digest } = await readBack(target, about.reference, manifest.digest);
        return { is: 'reused', ...about, digest, why, seconds: seconds() };
      }
      return buildNew(way, await decideAnew(world, image, context));
    }
    case 'new':
      return buildOrCopy(way, decision);
  }
}

/** Of several images with the same input, the first is built and the others are copies of it. */
async function buildOrCopy(way: Way, decision: NewBuild): Promise<ImagePushed> {
  const { world, image, context } = way;
  if (decision.known.is === 'undecided') return buildNew(way, decision);
  const start = world.clock.now();
  const run = runOf(world, context);
  const { fingerprint } = decision.known;
  let isFirst = false;
  const building = run.once(`build ${image.registry.host} ${fingerprintTag(fingerprint)}`, async () => {
    isFirst = true;
    return { outcome: await buildNew(way, decision), repository: image.repository };
  });
  if (isFirst) return (await building).outcome;
  const first = await building.catch(() => undefined);
  if (first === undefined) return buildNew(way, decision);
  const target = targetOf(image, run);
  const { shelf } = target;
  const { name, digest } = first.outcome;
  const manifest = await atRegistry(shelf, first.repository, digest, () =>
    shelf.client.getManifest(first.repository, digest),
  );
  if (manifest === undefined) return buildNew(way, decision);
  const { copyImage } = await import('./copy-image.ts');
  await copyImage(shelf, manifest, first.repository, target);
  const reference = imageName(image);
  const found = await readBack(target, reference, manifest.digest);
  await keep(way, decision, found);
  const seconds = (world.clock.now() - start) / 1_000;
  return { is: 'reused', name: image.name, reference, digest, why: `It is the same as ${name}.`, seconds };
}

async function buildNew(way: Way, decision: NewBuild): Promise<ImagePushed> {
  const { world, image, context } = way;
  const start = world.clock.now();
  const target = targetOf(image, runOf(world, context));
  const about = { name: image.name, reference: imageName(image) };
  if (decision.anew !== undefined && context.rebuild !== true) tell(way, 'info', decision.anew);
  // Most runs build nothing: engines and assembling are loaded for those that do.
  const { make } = await import('./make.ts');
  const freshness = { pull: decision.known.is === 'known', steps: decision.anew !== undefined };
  const { prepared } = decision;
  let compared: Promise<boolean> | undefined;
  // Beside the push it takes no time of its own.
  const built = () => {
    compared ??= isSame(way, decision);
    compared.catch(() => undefined);
  };
  try {
    const { engine, why, reported } = await make(world, image, { ...way, prepared, freshness, built });
    const manifest = await readBack(target, about.reference, reported);
    await keep(way, decision, manifest, compared);
    const seconds = (world.clock.now() - start) / 1_000;
    return { is: 'built', ...about, digest: manifest.digest, engine, why, seconds };
  } finally {
    await compared?.catch(() => undefined);
  }
}

/** Whether the files are those that the fingerprint was taken of. */
async function isSame({ world, image, context }: Way, { known }: NewBuild): Promise<boolean> {
  return known.is === 'known' && (await isStill(world, image, context, known.fingerprint));
}

/** Puts a new image under its fingerprint for later runs. That it can't be isn't this build's failure. */
async function keep(way: Way, decision: NewBuild, manifest: ManifestBytes, compared?: Promise<boolean>): Promise<void> {
  const { world, image, context } = way;
  const { known, anew } = decision;
  if (known.is === 'undecided') return;
  const { fingerprint } = known;
  if (!(await (compared ?? isSame(way, decision)))) {
    tell(way, 'warning', 'Its files changed while it was built, so later builds will not reuse it.');
    return;
  }
  const target = targetOf(image, runOf(world, context));
  const [kept] = await Promise.all([
    keepKnown(target, fingerprint, manifest, anew !== undefined),
    keepRecord(way, target, fingerprint, manifest),
  ]);
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

function tell({ emit, image }: Way, level: 'info' | 'warning', message: string): void {
  emit({ type: 'notice', level, stage: 'build', message: `${image.name}: ${message}` });
}

/** Asks the registry what the tag means now. What was reported isn't believed before. */
async function readBack(
  { shelf, repository, tag }: Target,
  reference: string,
  reported: Digest | undefined,
): Promise<ManifestBytes> {
  const found = await atRegistry(shelf, repository, tag, () => shelf.client.getManifest(repository, tag));
  if (found === undefined) throw new TagboatError('PUSH_UNCONFIRMED', { reference });
  if (reported !== undefined && reported !== found.digest) {
    throw new TagboatError('DIGEST_MISMATCH', { reference, reported, found: found.digest });
  }
  return found;
}
