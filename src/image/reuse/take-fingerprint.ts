import { reportOf, TagboatError } from '../../errors.ts';
import type { ImagePlan } from '../../plan.ts';
import { configVariables, type OciImageConfig } from '../base/config.ts';
import { openContext } from '../context/context.ts';
import type { ReadDigest } from '../context/read.ts';
import { Misread } from '../dockerfile/invalid.ts';
import type { DockerfileReading } from '../engine/prepare.ts';
import { type TakenFiles, type Taking, takeFiles } from '../fingerprint/files.ts';
import { type Fingerprint, fingerprintOf } from '../fingerprint/fingerprint.ts';
import { layoutConfig, layoutDigest } from '../fingerprint/layout.ts';
import { settingsOf } from '../fingerprint/settings.ts';
import { Undecided } from '../fingerprint/undecided.ts';
import type { ImageRun, Once } from '../run.ts';
import { baseDigest, baseOf } from './base-images.ts';

/** What can be said of an image before it is built. */
export type Fingerprinted =
  | { readonly is: 'known'; readonly fingerprint: Fingerprint }
  /** It has to be built to know; `why` is a whole sentence, `part` a hash of what can be told all the same. */
  | { readonly is: 'undecided'; readonly why: string; readonly part?: string | undefined };

/**
 * Takes the fingerprint of an image from the files as they are now, and from what bases mean, which is asked `once`.
 * Whatever stands in the way makes it undecided: if it is a mistake, the build that follows says so better. Throws only
 * the signal's reason and bugs.
 */
export async function takeFingerprint(
  run: ImageRun,
  image: ImagePlan,
  reading: DockerfileReading,
  files: TakeFiles,
  once: Once,
): Promise<Fingerprinted> {
  try {
    return { is: 'known', fingerprint: await take(run, image, reading, files, once) };
  } catch (error) {
    return { is: 'undecided', why: sentence(error, run) };
  }
}

async function take(
  run: ImageRun,
  image: ImagePlan,
  reading: DockerfileReading,
  files: TakeFiles,
  once: Once,
): Promise<Fingerprint> {
  if (reading.is === 'unread') throw new Undecided('only its builder can read the Dockerfile');
  if (!reading.isUtf8) throw new Undecided('the Dockerfile is not UTF-8');
  if (image.refreshSeconds === 0) throw new Undecided('`refresh: always` says so');
  const { dockerfile, platforms, need } = reading;
  const digestOf = (reference: string) => baseDigest(reference, image, run, once);
  const settings = await settingsOf(image, dockerfile, need !== undefined, digestOf);
  // Asked for all at once and early; each is waited for where it is needed.
  for (const { needed } of platforms) {
    for (const { base, copies } of needed.stages) {
      for (const origin of [base, ...copies.values()]) {
        if (origin.is === 'image') digestOf(origin.reference).catch(() => undefined);
      }
    }
  }
  const refreshes = image.refreshSeconds !== undefined;
  return fingerprintOf(
    { dockerfile, platforms, args: image.args, settings, refreshes },
    {
      baseDigest: digestOf,
      baseVariables: async (reference, platform) =>
        configVariables((await baseOf(reference, platform, image, run, { file: dockerfile.file })).config),
      layoutDigest,
      layoutVariables: async (layout, platform) => configVariables(await layoutConfig(layout, platform)),
      files: (taking) => files(image, taking),
    },
  );
}

/**
 * Looks for what only a base's config tells: its ONBUILD triggers may read any file. A fingerprint is kept only after
 * this, and the bases' digests are in it, so one that is found needs no second look. Throws the signal's reason and bugs.
 */
export async function checkBases(
  run: ImageRun,
  image: ImagePlan,
  reading: DockerfileReading,
): Promise<string | undefined> {
  if (reading.is === 'unread') return undefined;
  const { dockerfile, platforms } = reading;
  const found = platforms.flatMap(({ platform, needed }) =>
    needed.stages.map(async ({ base, stage, platform: own }) => {
      if (base.is === 'layout') {
        mustTriggerNothing(`the image of the context ${base.name}`, await layoutConfig(base, own ?? platform));
      } else if (base.is === 'image') {
        const place = dockerfile.place(stage.base.at);
        const { name, config } = await baseOf(base.reference, own ?? platform, image, run, place);
        mustTriggerNothing(`the base image ${name}`, config);
      }
    }),
  );
  const [failed] = (await Promise.allSettled(found)).filter((one) => one.status === 'rejected');
  return failed === undefined ? undefined : sentence(failed.reason, run);
}

function mustTriggerNothing(name: string, { config }: OciImageConfig): void {
  if ((config.OnBuild ?? []).length > 0) throw new Undecided(`${name} has ONBUILD triggers`);
}

/** Digests what an instruction takes of an image's context, or of a named one. */
export type TakeFiles = (image: ImagePlan, taking: Taking) => Promise<TakenFiles>;

/** Reads contexts by this reader; what several images take alike is read once. Ask for a new one to have all looked at again. */
export function createTakeFiles(read: ReadDigest, signal: AbortSignal): TakeFiles {
  const contexts = new Map<string, ReturnType<typeof openContext>>();
  const taken = new Map<string, Promise<TakenFiles>>();
  return async (image, taking) => {
    const [dir, dockerfile] = taking.folder === undefined ? [image.context, image.dockerfile] : [taking.folder];
    const place = `${dir}\0${dockerfile ?? ''}`;
    const opening = contexts.get(place) ?? openContext(image.name, dir, dockerfile, { keep: false, signal });
    contexts.set(place, opening);
    const context = await opening;
    const key = JSON.stringify([dir, context.ignoreFile ?? '', taking]);
    const files = taken.get(key) ?? takeFiles(context.root, taking, read);
    taken.set(key, files);
    return files;
  };
}

/** Why something can't be told, as a whole sentence. Throws what is no reason: a bug, and the signal's reason. */
function sentence(error: unknown, { world }: ImageRun): string {
  world.signal.throwIfAborted();
  if (!(error instanceof Undecided || error instanceof Misread || error instanceof TagboatError)) throw error;
  const text = error instanceof TagboatError ? reportOf(error).message : `${error.message}.`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
