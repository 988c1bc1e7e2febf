import { reportOf, TagboatError } from '../errors.ts';
import type { Emit } from '../events.ts';
import type { ImagePreview, ImagePushed } from '../plan/outcome.ts';
import { type ImagePlan, imageName } from '../plan.ts';
import type { Digest, ManifestBytes } from '../wire/oci/types.ts';
import type { World } from '../wire/world.ts';
import type { Target } from './assemble/push.ts';
import { atRegistry } from './base/base.ts';
import { createBuildLog } from './engine/log.ts';
import type { Fingerprint } from './fingerprint/fingerprint.ts';
import { decide, decideAnew, type NewBuild, targetOf } from './reuse/decide.ts';
import { isSame, keep, keepTag } from './reuse/keep.ts';
import { fingerprintTag, tagAgain } from './reuse/reuse.ts';
import { tell, type Way } from './reuse/way.ts';
import { runOf } from './run.ts';
import type { BuildContext } from './shelves.ts';
import { type Identity, signImage } from './sign/sign.ts';

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
      const { known, prepared, anew, troubles } = decision;
      return {
        is: 'built',
        ...about,
        ...prepared.choice,
        ...(known.is === 'known' ? fingerprintShown(known.fingerprint) : { undecided: known.why }),
        ...(anew === undefined ? {} : { anew }),
        ...(troubles.length === 0 ? {} : { troubles }),
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

type Lacking = Pick<NewBuild, 'anew' | 'troubles'>;

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
      const { manifest, fingerprint, from, why } = decision;
      const lacking =
        from === undefined ? await tagNow(target, manifest) : await takeOverNow(world, target, manifest, from);
      if (lacking !== undefined) return buildNew(way, await decideAnew(world, image, context, lacking));
      const found = await readBack(target, about.reference, manifest.digest);
      if (from !== undefined) await keepTag(way, target, fingerprint, found, false);
      return { is: 'reused', ...about, digest: found.digest, why, seconds: seconds() };
    }
    case 'new':
      return buildOrCopy(way, decision);
  }
}

/** Gives a known image its tag; answers why it is to be built all the same when that can't be. */
async function tagNow(target: Target, manifest: ManifestBytes): Promise<Lacking | undefined> {
  if (await tagAgain(target, manifest)) return undefined;
  return { anew: 'The image of the same input lacks parts in the registry.', troubles: [] };
}

/** Gives our repository a known image of another one; answers likewise why it is to be built all the same. */
async function takeOverNow(
  { signal }: World,
  target: Target,
  manifest: ManifestBytes,
  from: string,
): Promise<Lacking | undefined> {
  const { takeOver } = await import('./reuse/elsewhere.ts');
  const trouble = await takeOver(target, manifest, from, signal);
  return trouble === undefined ? undefined : { anew: undefined, troubles: [trouble] };
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
  const { copyImage } = await import('./reuse/copy-image.ts');
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
  for (const trouble of decision.troubles) tell(way, 'warning', trouble);
  // Most runs build nothing: engines and assembling are loaded for those that do.
  const { make } = await import('./engine/make.ts');
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
