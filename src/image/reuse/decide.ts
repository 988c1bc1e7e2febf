import type { ImagePlan } from '../../plan.ts';
import type { ManifestBytes } from '../../wire/oci/types.ts';
import type { World } from '../../wire/world.ts';
import type { Target } from '../assemble/push.ts';
import { atRegistry } from '../base/base.ts';
import { createDigestReader, readUnseen } from '../context/read.ts';
import { createSeen, type Seen } from '../context/seen.ts';
import type { Fingerprint } from '../fingerprint/fingerprint.ts';
import { builtAt } from '../fingerprint/record.ts';
import { Undecided } from '../fingerprint/undecided.ts';
import { type Prepared, prepare, readImage } from '../prepare.ts';
import { type Run, runOf } from '../run.ts';
import type { BuildContext } from '../shelves.ts';
import { findKnown, findTagged, fingerprintTag, type Reusable } from './reuse.ts';
import { checkBases, createTakeFiles, type Known, type TakeFiles, takeFingerprint } from './take.ts';

/** What is to become of an image. */
export type Decision =
  /** Its own tag is there. */
  | ({ readonly is: 'there' } & Reusable)
  /** An image of the same input is there, under its fingerprint. */
  | {
      readonly is: 'known';
      readonly fingerprint: Fingerprint;
      readonly manifest: ManifestBytes;
      /** The repository that has it, where that is another one. */
      readonly from: string | undefined;
      readonly why: string;
    }
  | NewBuild;

export interface NewBuild {
  readonly is: 'new';
  readonly prepared: Prepared;
  readonly known: Known;
  /** Why an image of the same input that is there isn't used, as a sentence: this one takes its place. */
  readonly anew: string | undefined;
  /** Why an image of the same input that may be elsewhere isn't used, as sentences. */
  readonly troubles: readonly string[];
}

/** Decides once a run, so that what is checked before a build isn't asked a second time for it. */
export function decide(world: World, image: ImagePlan, context: BuildContext): Promise<Decision> {
  const run = runOf(world, context);
  return run.once(`decide ${image.name} ${image.repository}:${image.tag}`, () => work(world, image, context, run));
}

/** What is to be built although an image was thought to be there, in its own repository or in another one. */
export async function decideAnew(
  world: World,
  image: ImagePlan,
  context: BuildContext,
  because: Pick<NewBuild, 'anew' | 'troubles'>,
): Promise<NewBuild> {
  const run = runOf(world, context);
  const taken = await takeNow(world, image, run, await filesOf(world, run));
  return newBuild(world, image, run, taken, because);
}

async function work(world: World, image: ImagePlan, context: BuildContext, run: Run): Promise<Decision> {
  const target = targetOf(image, run);
  const rebuild = context.rebuild === true;
  const tagged = rebuild ? Promise.resolve(undefined) : findTagged(image, context.source, target);
  // It is waited for below; should it fail before, nobody would hear of it yet.
  tagged.catch(() => undefined);
  const files = await filesOf(world, run);
  // The bases are asked for at the same time; files are read only when the tag turns out not to be there.
  const taking = takeNow(world, image, run, async (which, what) => {
    if ((await tagged) !== undefined) throw new Undecided('its tag is there');
    return files(which, what);
  });
  taking.catch(() => undefined);
  const there = await tagged;
  if (there !== undefined) return { is: 'there', ...there };
  const taken = await taking;
  const fingerprint = taken.known.is === 'known' ? taken.known.fingerprint : undefined;
  const build = (anew?: string, troubles: readonly string[] = []) =>
    newBuild(world, image, run, taken, { anew, troubles });
  if (rebuild) return build('It is asked to be built again.');
  if (fingerprint === undefined) return build();
  const manifest = await findKnown(target, fingerprint);
  if (manifest === undefined) return decideElsewhere(world, image, target, fingerprint, build);
  const old = await whyOld(world, image, target, manifest);
  if (old !== undefined) return build(old);
  const why = `Nothing that decides it has changed: it is there as ${fingerprintTag(fingerprint).slice(0, 15)}.`;
  return { is: 'known', fingerprint, manifest, from: undefined, why };
}

/** What is to become of an image whose own repository has none of the same input. */
async function decideElsewhere(
  world: World,
  image: ImagePlan,
  target: Target,
  fingerprint: Fingerprint,
  build: (anew?: string, troubles?: readonly string[]) => Promise<NewBuild>,
): Promise<Decision> {
  const { reuseFrom = [] } = image;
  if (reuseFrom.length === 0) return build();
  const { findElsewhere, placeOf } = await import('./elsewhere.ts');
  const { found, troubles } = await findElsewhere(target, reuseFrom, fingerprint, world.signal);
  let tooOld: string | undefined;
  for (const { repository, manifest } of found) {
    const old = await whyOld(world, image, { ...target, repository }, manifest);
    const why = `Nothing that decides it has changed: it is in ${placeOf(repository, fingerprint)}.`;
    if (old === undefined) return { is: 'known', fingerprint, manifest, from: repository, why };
    tooOld ??= old;
  }
  return build(tooOld, troubles);
}

type Taken = Awaited<ReturnType<typeof takeNow>>;

async function takeNow(world: World, image: ImagePlan, run: Run, files: TakeFiles) {
  const reading = await readImage(image, run);
  return { reading, known: await takeFingerprint(world, image, run, reading, files) };
}

async function newBuild(
  world: World,
  image: ImagePlan,
  run: Run,
  { reading, known }: Taken,
  because: Pick<NewBuild, 'anew' | 'troubles'>,
): Promise<NewBuild> {
  const [prepared, why] = await Promise.all([
    prepare(world, image, run, reading),
    known.is === 'known' ? checkBases(world, image, run, reading) : undefined,
  ]);
  return { is: 'new', prepared, known: why === undefined ? known : { is: 'undecided', why }, ...because };
}

/** Why an image is too old to be used again; undefined when it isn't. An age that nothing tells is too old. */
async function whyOld(
  world: World,
  { refreshSeconds }: ImagePlan,
  { shelf, repository }: Target,
  manifest: ManifestBytes,
): Promise<string | undefined> {
  if (refreshSeconds === undefined) return undefined;
  const { client } = shelf;
  const time = await atRegistry(shelf, repository, manifest.digest, () => builtAt(client, repository, manifest));
  if (time === undefined) return 'How old the image of the same input is can not be told, and `refresh:` asks for it.';
  const age = (world.clock.now() - time) / 1_000;
  if (age < refreshSeconds) return undefined;
  return `The image of the same input was built ${new Date(time).toISOString()}, longer ago than \`refresh:\` allows.`;
}

/** The fingerprint as the files are now, for who only asks. */
export async function fingerprintNow(world: World, image: ImagePlan, context: BuildContext): Promise<Known> {
  const run = runOf(world, context);
  return (await takeNow(world, image, run, await filesOf(world, run))).known;
}

/** Whether the files are still those that a fingerprint was taken of. Read again is what isn't surely as it was. */
export async function isStill(
  world: World,
  image: ImagePlan,
  context: BuildContext,
  fingerprint: Fingerprint,
): Promise<boolean> {
  const run = runOf(world, context);
  const files = createTakeFiles(readUnseen(await seenOf(world, run), createDigestReader(world.signal)));
  const { known } = await takeNow(world, image, run, files);
  return known.is === 'known' && known.fingerprint.hash === fingerprint.hash;
}

function filesOf(world: World, run: Run): Promise<TakeFiles> {
  return run.once('context files', async () =>
    createTakeFiles(createDigestReader(world.signal, await seenOf(world, run))),
  );
}

function seenOf(world: World, run: Run): Promise<Seen> {
  return run.once('states of files', async () => createSeen(world.clock.now()));
}

export function targetOf(image: ImagePlan, run: Run): Target {
  return { shelf: run.shelves(image.registry), repository: image.repository, tag: image.tag };
}
