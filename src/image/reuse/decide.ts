import type { Digest, ManifestBytes } from '../../wire/oci/types.ts';
import { createDigestReader, readUnseen } from '../context/read.ts';
import { createSeen, type Seen } from '../context/seen.ts';
import { whyOtherInput } from '../engine/builder-input.ts';
import { type DockerfileReading, type Prepared, prepare, readImage } from '../engine/prepare.ts';
import type { Fingerprint } from '../fingerprint/fingerprint.ts';
import { builtAt } from '../fingerprint/record.ts';
import type { ImageJob } from '../job.ts';
import { atRegistry, type Destination } from '../registry.ts';
import { createOnce, type ImageRun, type Once } from '../run.ts';
import { digestTagged, isByContent, nameBefore, nameBy } from './content-tag.ts';
import { knownPart } from './known-part.ts';
import { findKnown, fingerprintTag, isOfInput, isWhole } from './tags.ts';
import {
  checkBases,
  createTakeFiles,
  type Fingerprinted,
  type TakeFiles,
  takeFingerprint,
} from './take-fingerprint.ts';

/** What is to become of an image. */
export type Decision = KnownImage | NewBuild;

/** An image of the same input is there, under its fingerprint. */
export interface KnownImage {
  readonly is: 'known';
  /** The image's job, its tag known. */
  readonly job: ImageJob;
  readonly fingerprint: Fingerprint;
  readonly manifest: ManifestBytes;
  /** The repository that has it, where that is another one. */
  readonly from: string | undefined;
  /** What the image's own tag names, where something does: it may be this image already. */
  readonly tagged: Digest | undefined;
  readonly why: string;
}

export interface NewBuild extends BuildReasons {
  readonly is: 'new';
  /** The image's job with the tag to push under. */
  readonly job: ImageJob;
  /** The Dockerfile and its contexts, as the decision read them. */
  readonly reading: DockerfileReading;
  readonly prepared: Prepared;
  readonly input: Fingerprinted;
  /** What the image's own tag named before, where that was asked for. */
  readonly tagged: Digest | undefined;
}

/** Why an image is built although there is, or may be, one of the same input. */
export interface BuildReasons {
  /** Why the one that is there isn't used, as a sentence: this one takes its place. */
  readonly anew: string | undefined;
  /** Why one that may be elsewhere isn't used, as sentences. */
  readonly troubles: readonly string[];
  /** The tag of an image of the same input that lacks some parts: the others are taken as they are. */
  readonly lacking?: string | undefined;
}

/** Decides once a run, so that what is checked before a build isn't asked a second time for it. */
export function decide(job: ImageJob): Promise<Decision> {
  const { run, image } = job;
  return run.once(`decide ${image.name} ${image.repository}:${image.tag}`, async () => {
    const decision = await decideNow(job);
    run.world.trace?.(`image ${image.name}: ${decisionWords(decision)}`);
    return decision;
  });
}

/** What is to be built although an image was thought to be there, in its own repository or in another one. */
export async function decideAnew(job: ImageJob, because: BuildReasons): Promise<NewBuild> {
  return newBuild(job, await takeNow(job, await filesOf(job.run)), because, ({ target, run }) =>
    run.rebuild === true ? digestTagged(target) : undefined,
  );
}

function decisionWords(decision: Decision): string {
  if (decision.is === 'known') return `taken as it is. ${decision.why}`;
  const { input, anew, troubles } = decision;
  const unknown = input.is === 'known' ? `Nothing is there as ${fingerprintTag(input.fingerprint)}.` : input.why;
  return ['to be built.', anew ?? unknown, ...troubles].join(' ');
}

async function decideNow(opened: ImageJob): Promise<Decision> {
  const { run } = opened;
  if (run.rebuild === true) return decideAnew(opened, { anew: 'It is asked to be built again.', troubles: [] });
  // What the tag means is asked for beside all that the fingerprint asks for, and counts for nothing without it: the
  // name of a commit says neither with which arguments nor on which base, nor what an earlier step put into the folder.
  const asking = isByContent(opened) ? undefined : digestTagged(opened.target);
  asking?.catch(() => undefined);
  const taken = await takeNow(opened, await filesOf(run));
  const taggedOf = ({ target }: ImageJob) => asking ?? digestTagged(target);
  const build = (anew?: string, troubles: readonly string[] = [], lacking?: string) =>
    newBuild(opened, taken, { anew, troubles, lacking }, taggedOf);
  if (taken.input.is === 'undecided') return build();
  const { fingerprint } = taken.input;
  const before = nameBefore(opened, taken.input);
  const tagged = before.isProvisional === true ? undefined : await taggedOf(before);
  const { target } = before;
  const manifest = (await findKnown(target, fingerprint)) ?? (await findByTag(target, fingerprint, tagged));
  const known: Known = async (there, about) => {
    const job = before.isProvisional === true ? nameBy(opened, there.digest) : before;
    return {
      ...{ is: 'known', job, fingerprint, manifest: there, ...about },
      tagged: job === before ? tagged : await taggedOf(job),
    };
  };
  if (manifest === undefined) return decideElsewhere(before, fingerprint, known, build);
  const old = await whyOld(before, target.repository, manifest);
  if (old !== undefined) return build(old);
  const why = `Nothing that decides it has changed: it is there as ${fingerprintTag(fingerprint).slice(0, 15)}.`;
  const found = await known(manifest, { from: undefined, why });
  // Where a tag is still to be put, the registry itself refuses an image that lacks a part.
  if (manifest.digest === found.tagged) {
    const { registry, repository, tag } = found.job.target;
    const whole = await atRegistry(registry, repository, found.tagged, () => isWhole(target, manifest));
    if (!whole) return build(lacksParts, [], tag);
  }
  return found;
}

type Known = (manifest: ManifestBytes, about: Pick<KnownImage, 'from' | 'why'>) => Promise<KnownImage>;

/** Why an image of the same input that can't be pulled any more is built again. */
export const lacksParts = 'The image of the same input lacks parts in the registry.';

/** The image that the tag names, if it was made of this input: for registries that keep no fingerprints as tags. */
async function findByTag(
  target: Destination,
  fingerprint: Fingerprint,
  tagged: Digest | undefined,
): Promise<ManifestBytes | undefined> {
  if (tagged === undefined || !(await isOfInput(target, tagged, fingerprint.hash))) return undefined;
  const { registry, repository } = target;
  return atRegistry(registry, repository, tagged, () => registry.client.getManifest(repository, tagged));
}

/** What is to become of an image whose own repository has none of the same input. */
async function decideElsewhere(
  job: ImageJob,
  fingerprint: Fingerprint,
  known: Known,
  build: (anew?: string, troubles?: readonly string[]) => Promise<NewBuild>,
): Promise<Decision> {
  const { image, target, run } = job;
  const { reuseFrom = [] } = image;
  if (reuseFrom.length === 0) return build();
  const { findElsewhere, placeOf } = await import('./other-repositories.ts');
  const { found, troubles } = await findElsewhere(target, reuseFrom, fingerprint, run.world.signal);
  let tooOld: string | undefined;
  for (const { repository, manifest } of found) {
    const old = await whyOld(job, repository, manifest);
    const why = `Nothing that decides it has changed: it is in ${placeOf(repository, fingerprint)}.`;
    if (old === undefined) return known(manifest, { from: repository, why });
    tooOld ??= old;
  }
  return build(tooOld, troubles);
}

type Taken = Awaited<ReturnType<typeof takeNow>>;

async function takeNow({ run, image }: ImageJob, files: TakeFiles, once: Once = run.once) {
  const reading = await readImage(image, run);
  return { reading, input: await takeFingerprint(run, image, reading, files, once) };
}

async function newBuild(
  opened: ImageJob,
  { reading, input }: Taken,
  because: BuildReasons,
  taggedOf: (job: ImageJob) => Promise<Digest | undefined> | undefined,
): Promise<NewBuild> {
  const { run, image } = opened;
  const [prepared, triggers] = await Promise.all([
    prepare(run, image, reading),
    input.is === 'known' ? checkBases(run, image, reading) : undefined,
  ]);
  const why = input.is === 'undecided' ? input.why : (triggers ?? (await whyOtherInput(run, image, prepared)));
  const now: Fingerprinted =
    why === undefined ? input : { is: 'undecided', why, part: await knownPart(opened, await filesOf(run)) };
  const job = nameBefore(opened, now);
  return { is: 'new', job, reading, prepared, input: now, tagged: await taggedOf(job), ...because };
}

/** Why an image is too old to be used again; undefined when it isn't. An age that nothing tells is too old. */
async function whyOld(
  { run, image, target: { registry } }: ImageJob,
  repository: string,
  manifest: ManifestBytes,
): Promise<string | undefined> {
  const { refreshSeconds } = image;
  if (refreshSeconds === undefined) return undefined;
  const { client } = registry;
  const time = await atRegistry(registry, repository, manifest.digest, () => builtAt(client, repository, manifest));
  if (time === undefined) return 'How old the image of the same input is can not be told, and `refresh:` asks for it.';
  const age = (run.world.clock.now() - time) / 1_000;
  if (age < refreshSeconds) return undefined;
  return `The image of the same input was built ${new Date(time).toISOString()}, longer ago than \`refresh:\` allows.`;
}

/** The fingerprint as the files are now, for who only asks. */
export async function fingerprintNow(job: ImageJob): Promise<Fingerprinted> {
  return (await takeNow(job, await filesOf(job.run))).input;
}

/** Whether files and bases are still those a build was decided on: what may have changed is read or asked again. */
export async function isStill(job: ImageJob, before: Fingerprinted): Promise<boolean> {
  const { run } = job;
  const files = createTakeFiles(readUnseen(await seenOf(run), createDigestReader(run.world.signal)), run.world.signal);
  if (before.is === 'undecided') return before.part !== undefined && (await knownPart(job, files)) === before.part;
  const { input } = await takeNow(job, files, createOnce());
  return input.is === 'known' && input.fingerprint.hash === before.fingerprint.hash;
}

function filesOf(run: ImageRun): Promise<TakeFiles> {
  return run.once('context files', async () =>
    createTakeFiles(createDigestReader(run.world.signal, await seenOf(run)), run.world.signal),
  );
}

function seenOf({ once, world }: ImageRun): Promise<Seen> {
  return once('states of files', async () => createSeen(world.clock.now()));
}
