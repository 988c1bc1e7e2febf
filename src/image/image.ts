import { reportOf, TagboatError } from '../errors.ts';
import type { ImageExplanation } from '../plan/image.ts';
import type { ImagePreview, ImagePushed, PushedImage } from '../plan/outcome.ts';
import { type ImagePlan, imageName } from '../plan.ts';
import type { Digest, ManifestBytes } from '../wire/oci/types.ts';
import { type ImageJob, openJob } from './job.ts';
import { atRegistry, taggedNow } from './registry.ts';
import { elsewhere, findBuilt } from './reuse/built-elsewhere.ts';
import { isByContent, nameAfter, withTag } from './reuse/content-tag.ts';
import {
  type BuildReasons,
  type Decision,
  decide,
  decideAnew,
  type KnownImage,
  lacksParts,
  type NewBuild,
} from './reuse/decide.ts';
import { isSame, keepImage, keepTag } from './reuse/keep-image.ts';
import { pushedMeanwhile } from './reuse/meanwhile.ts';
import { putMoreTags, tellMoved } from './reuse/more-tags.ts';
import { fingerprintTag, isWhole, tagAgain } from './reuse/tags.ts';
import type { ImageRun } from './run.ts';
import { type SigningIdentity, signImage } from './sign/sign.ts';

/**
 * Builds an image and pushes it, or finds that it needn't: a pure answer either way, with the digest read back from the
 * registry. Emits `image.started`, `image.log` and `notice`; when it throws, `image.failed` with the log's last lines
 * has been emitted before. `image.finished` is the caller's.
 */
export async function buildImage(run: ImageRun, image: ImagePlan): Promise<ImagePushed> {
  const { world, emit } = run;
  const job = openJob(run, image);
  try {
    const made: ImagePushed = isFrom(image)
      ? { is: 'reused', ...(await findBuilt(run, image)), why: elsewhere, seconds: 0 }
      : await buildAndSign(job);
    if (image.require !== undefined || image.checks !== undefined)
      await (await import('./gate/gate.ts')).passGate(run, image, made);
    // Last: what names a release is not to name an image that lacks its signature, or that its checks refuse.
    if (image.from === undefined) await putMoreTags(job, made.digest as Digest);
    return made;
  } catch (error) {
    world.signal.throwIfAborted();
    emit({ type: 'image.failed', image: image.name, error: reportOf(error, image.name), log: job.log.last() });
    throw error;
  }
}

async function buildAndSign(job: ImageJob): Promise<ImagePushed> {
  const { sign } = job.image;
  if (sign === undefined) return buildOrReuse(job);
  // Asked for before anything is pushed: a job that has no identity learns it now.
  const identity = identityOf(job);
  await identity('sigstore');
  const made = await buildOrReuse(job);
  const named = withTag(job, made.reference.slice(made.reference.lastIndexOf(':') + 1));
  await signImage(named, { sign, digest: made.digest as Digest, reused: made.is === 'reused', identity });
  return made;
}

function isFrom(image: ImagePlan): image is ImagePlan & { readonly from: string } {
  return image.from !== undefined;
}

function identityOf({ run: { identity }, image }: ImageJob): SigningIdentity {
  if (identity !== undefined) return identity;
  throw new TagboatError('SIGN_FAILED', { image: image.name }, { peer: { text: 'there is nobody to sign as' } });
}

/** What buildImage would do: build or reuse, with which engine and why. Reads the registry, writes nothing anywhere. */
export async function previewImage(run: ImageRun, image: ImagePlan): Promise<ImagePreview> {
  const { signed } = image.require ?? {};
  // A file that can't be read is told before anything is pushed.
  if (signed !== undefined) await (await import('./gate/signed.ts')).verifierOf(signed);
  if (isFrom(image)) return { is: 'reused', ...(await findBuilt(run, image)), why: elsewhere };
  const decision = await decide(openJob(run, image));
  const { job } = decision;
  const { leftOut } = image;
  const named = aboutOf(job.isProvisional === true ? openJob(run, image) : job);
  const about = { ...named, leftOut: leftOut?.length === 0 ? undefined : leftOut };
  const pushes = decision.is === 'new' || decision.tagged !== decision.manifest.digest || named.tags !== undefined;
  if (pushes) await checkBefore(job, decision);
  switch (decision.is) {
    case 'known':
      return { is: 'reused', ...about, digest: decision.manifest.digest, why: decision.why };
    case 'new': {
      const { input, prepared, anew, troubles } = decision;
      const preview = { is: 'built', ...about, ...prepared.choice, ...becauseOf({ anew, troubles }) } as const;
      if (input.is === 'undecided') return { ...preview, undecided: input.why };
      const { hash, careful } = input.fingerprint;
      return { ...preview, fingerprint: hash, ...(careful.length === 0 ? {} : { careful }) };
    }
  }
}

/** Finds what would end a build or a push before anything is pushed, for another image of the run too. */
async function checkBefore(job: ImageJob, decision: Decision): Promise<void> {
  const { checkBuild, checkPush } = await import('./reuse/check-before.ts');
  if (decision.is === 'new') await checkBuild(job, decision);
  else if (job.run.pushes !== false) await checkPush(job);
}

function becauseOf({ anew, troubles }: BuildReasons): Pick<ImagePreview & { is: 'built' }, 'anew' | 'troubles'> {
  return { ...(anew === undefined ? {} : { anew }), ...(troubles.length === 0 ? {} : { troubles }) };
}

/** Which inputs of an image changed since it was last built; `before` are the values that config repos name for it now. */
export async function explainImage(
  run: ImageRun,
  image: ImagePlan,
  before: readonly string[],
): Promise<ImageExplanation> {
  return (await import('./reuse/explain.ts')).explainChanges(openJob(run, image), before);
}

async function buildOrReuse(opened: ImageJob): Promise<ImagePushed> {
  const seconds = stopwatch(opened);
  const decision = await decide(opened);
  switch (decision.is) {
    case 'known': {
      const { job, manifest, tagged, why } = decision;
      if (tagged !== manifest.digest) {
        const lacking = await nameAgain(decision);
        if (lacking !== undefined) return buildNew(opened, await decideAnew(opened, lacking));
        await readBack(job, manifest.digest);
        if (job.isProvisional !== true) tellMoved(job, tagged, manifest.digest, isByContent(opened) || undefined);
      }
      return { is: 'reused', ...aboutOf(job), digest: manifest.digest, why, seconds: seconds() };
    }
    case 'new':
      return (await copyOfTwin(opened, decision)) ?? buildNew(opened, decision);
  }
}

/** Gives a known image its tag; answers why it is to be built all the same when that can't be. */
async function nameAgain({ job, manifest, from, fingerprint }: KnownImage): Promise<BuildReasons | undefined> {
  if (from === undefined) {
    const { target } = job;
    if (await tagAgain(target, manifest)) return undefined;
    // Where a look doesn't show what is missing, no look is believed, and all of it is made anew.
    const shows = !(await atRegistry(target.registry, target.repository, target.tag, () => isWhole(target, manifest)));
    return { anew: lacksParts, troubles: [], lacking: shows ? fingerprintTag(fingerprint) : undefined };
  }
  const { takeOver } = await import('./reuse/other-repositories.ts');
  const trouble = await takeOver(job.target, manifest, from, job.run.world.signal);
  if (trouble !== undefined) return { anew: undefined, troubles: [trouble] };
  await keepTag(job, fingerprint, manifest, false);
  return undefined;
}

/** Of several images with the same input, the first is built and the others are copies of it. Undefined: it is the first. */
async function copyOfTwin(opened: ImageJob, decision: NewBuild): Promise<ImagePushed | undefined> {
  const { input, job } = decision;
  const { run, image, target } = job;
  if (input.is === 'undecided') return undefined;
  const seconds = stopwatch(job);
  let isFirst = false;
  const building = run.once(`build ${image.registry.host} ${fingerprintTag(input.fingerprint)}`, async () => {
    isFirst = true;
    return { outcome: await buildNew(opened, decision), repository: image.repository };
  });
  if (isFirst) return (await building).outcome;
  const first = await building.catch(() => undefined);
  if (first === undefined) return undefined;
  const { registry } = target;
  const { name, digest } = first.outcome;
  const manifest = await atRegistry(registry, first.repository, digest, () =>
    registry.client.getManifest(first.repository, digest),
  );
  if (manifest === undefined) return undefined;
  const { copyImage } = await import('./reuse/copy-image.ts');
  await copyImage(registry, manifest, first.repository, target);
  await keepImage(job, decision, await readBack(job, manifest.digest));
  const about = await nameBuilt(opened, job, manifest);
  return { is: 'reused', ...about, digest, why: `It is the same as ${name}.`, seconds: seconds() };
}

/** What is told of a new image: where its tag is one of its digest, it gets that now. */
async function nameBuilt(
  opened: ImageJob,
  job: ImageJob,
  manifest: ManifestBytes,
): Promise<ReturnType<typeof aboutOf>> {
  if (job.isProvisional !== true) return aboutOf(job);
  const named = await nameAfter(opened, manifest);
  await readBack(named, manifest.digest);
  return aboutOf(named);
}

async function buildNew(opened: ImageJob, decision: NewBuild): Promise<ImagePushed> {
  const { job, input, prepared, anew, troubles, tagged, lacking } = decision;
  const seconds = stopwatch(job);
  if (anew !== undefined && job.run.rebuild !== true) job.tell('info', 'IMAGE_NOT_REUSED', anew);
  for (const trouble of troubles) job.tell('warning', 'IMAGE_NOT_REUSED', trouble);
  // Most runs build nothing: engines and assembling are loaded for those that do.
  const { makeImage } = await import('./engine/make.ts');
  const freshness = { pull: input.is === 'known', steps: anew !== undefined, lacking };
  let compared: Promise<boolean> | undefined;
  // Beside the push it takes no time of its own.
  const built = () => {
    compared ??= isSame(job, decision);
    compared.catch(() => undefined);
  };
  try {
    const { engine, why, reported } = await makeImage(job, prepared, { freshness, built });
    const manifest = await readBack(job, reported);
    if (job.isProvisional !== true) tellMoved(job, tagged, manifest.digest, isByContent(opened) || undefined);
    await keepImage(job, decision, manifest, compared);
    const about = await nameBuilt(opened, job, manifest);
    return { is: 'built', ...about, digest: manifest.digest, engine, why, seconds: seconds() };
  } catch (error) {
    await compared?.catch(() => undefined);
    job.run.world.signal.throwIfAborted();
    // Two runs of one commit: where the other one's push refused or replaced ours, its image is the commit's.
    const other = await pushedMeanwhile(job, decision, error).catch(() => undefined);
    if (other === undefined) throw error;
    job.run.world.signal.throwIfAborted();
    const { manifest, why } = other;
    return {
      is: 'reused',
      ...(await nameBuilt(opened, job, manifest)),
      digest: manifest.digest,
      why,
      seconds: seconds(),
    };
  }
}

/** Asks the registry what the tag means now. What was reported isn't believed before. */
async function readBack({ image, target }: ImageJob, reported: Digest | undefined): Promise<ManifestBytes> {
  const reference = imageName(image);
  const found = await taggedNow(target);
  if (found === undefined) throw new TagboatError('PUSH_UNCONFIRMED', { reference });
  if (reported !== undefined && reported !== found.digest) {
    throw new TagboatError('DIGEST_MISMATCH', { reference, reported, found: found.digest });
  }
  return found;
}

function aboutOf({ image }: ImageJob): Omit<PushedImage, 'digest'> {
  const { tags = [] } = image;
  return { name: image.name, reference: imageName(image), tags: tags.length === 0 ? undefined : tags };
}

function stopwatch({ run: { world } }: ImageJob): () => number {
  const start = world.clock.now();
  return () => (world.clock.now() - start) / 1_000;
}
