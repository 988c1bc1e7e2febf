import { isPending, showPending } from '../../config/plan/digests.ts';
import { namedOf, skippedImages } from '../../config/plan/part.ts';
import type { BearsUnset } from '../../config/read/read.ts';
import { type ErrorReport, reportOf } from '../../errors.ts';
import type { PlanValue } from '../../events/json-event.ts';
import { emitNotice } from '../../events.ts';
import type { CommitPreview, ImagePreview, SkippedImage } from '../../plan/outcome.ts';
import { type DeliveryPlan, type ImagePlan, imageName, type Source } from '../../plan.ts';
import type { CommonOptions } from '../run/options.ts';
import { ofBuilding, openRun, tellNothing } from '../run/prepare.ts';
import type { Body, Session } from '../run/session.ts';
import { isJob } from '../run/source/ci.ts';
import { withStages } from '../run/stages.ts';
import type { Ending } from '../run/stopping.ts';
import { isProposal, isUnknowable, lacksSecrets } from '../run/unknowable.ts';
import { oneLine } from '../show/printable.ts';
import { diffProduct, explanationLines, imageLine, notesOf, renderedLines } from '../show/report/plan-lines.ts';
import { isLarge, type Planned, planTable } from '../show/report/plan-table.ts';

interface PlanOptions {
  /** The image whose inputs are compared, or true for all. */
  readonly explain?: string | true | undefined;
  /** No delivery need take the commit. */
  readonly allowNothing?: boolean | undefined;
  /** Put it on its pull request. */
  readonly comment?: boolean | undefined;
  /** Show what becomes of the manifests. Default: on a pull request. */
  readonly render?: boolean | undefined;
}

/** `tagboat plan`: what `ship` would build or reuse, and the exact diff it would commit. Writes nothing anywhere. */
export function plan(options: CommonOptions, asked: PlanOptions = {}): Body {
  return async (session) => {
    const about: { of?: Source | undefined } = {};
    try {
      return await planned(session, options, asked, about);
    } catch (error) {
      if (asked.comment !== true || about.of === undefined || session.world.signal.aborted) throw error;
      const { commentUnmade } = await import('./plan/comment.ts');
      await commentUnmade(session, options, about.of, error);
      throw error;
    }
  };
}

/** Tells in `about` what it is of, as soon as that is known. */
async function planned(
  session: Session,
  options: CommonOptions,
  { explain, allowNothing, comment, render }: PlanOptions,
  about: { of?: Source | undefined },
): Promise<Ending> {
  const { env } = session.world;
  const unset = new Set<string>();
  // Where jobs run, what is missing is missing for ship too.
  const bears: BearsUnset = (path, name) =>
    (!isJob(env) || lacksSecrets(env, about.of)) && ofBuilding(path, name) && unset.add(name) !== undefined;
  const started = (source?: Source): void => {
    about.of = source;
    session.started(source);
  };
  const prepared = await openRun({ ...session, started }, options, bears, { asMerged: true });
  const { found: from } = prepared;
  const notes = new Set(prepared.notes);
  tellNothing(session, prepared, options, allowNothing);
  const { images, deliveries } = prepared.plan;
  const renders = render ?? isProposal(env, from);
  const asks = unset.size === 0;
  if (!asks) notes.add(tellUnset(session, [...unset]));
  const explaining = { kind: 'image' as const, of: prepared.config, command: 'plan' };
  const explained = explain === undefined ? [] : namedOf(images, explain === true ? undefined : [explain], explaining);
  return withStages(
    session,
    prepared.plan,
    async (stages) => {
      const look = async (image: ImagePlan): Promise<ImagePreview | SkippedImage> => {
        if (asks) return stages.checkImage(image);
        await stages.checkFiles(image);
        return unknown(image, "its registry isn't known here");
      };
      const followed = deliveries.filter(({ deploy }) => deploy !== undefined);
      const looking = Promise.allSettled(
        images.map((image) => look(image).catch((error) => ofFiles({ ...session, notes }, stages, from, image, error))),
      );
      // What an image's tag or digest is, a value that names it shows as far as it is known.
      const watched = new Map(followed.map((delivery) => [delivery, stages.checkApplications(delivery)]));
      const checkDelivery = async (delivery: DeliveryPlan): Promise<CommitPreview> => {
        const shown = isPending(delivery) ? showPending(delivery, settled(await looking)) : delivery;
        if (!renders) return stages.checkDelivery(shown);
        // Whether Argo CD can be asked is told elsewhere.
        const applications = await watched.get(delivery)?.catch(() => []);
        const { renderingOf } = await import('./plan/manifest-sources.ts');
        return stages.checkRendered(shown, renderingOf(delivery, Array.isArray(applications) ? applications : []));
      };
      const [imageResults, deliveryResults, applicationResults] = await Promise.all([
        looking,
        Promise.allSettled(deliveries.map(checkDelivery)),
        Promise.allSettled(watched.values()),
      ]);
      session.world.signal.throwIfAborted();
      const ends = deliveryResults.flatMap((result) => (result.status === 'fulfilled' ? [result.value.instead] : []));
      const superseded = ends.filter((end) => end?.is === 'superseded');
      const skipped = skippedImages(images, deliveries, superseded);
      // What won't be built needs no check, as in ship.
      const wanted = imageResults.map((result, at): PromiseSettledResult<ImagePreview | SkippedImage> => {
        const skip = skipped.find(({ name }) => name === images[at]?.name);
        return skip === undefined ? result : { status: 'fulfilled', value: skip };
      });
      const found = settled(wanted);
      const previews = settled(deliveryResults);
      for (const preview of previews) session.emit({ type: 'commit.previewed', delivery: preview.delivery, preview });
      tell(session, { images: found, previews, deliveries: prepared.config.deliveries });
      const explanations = await Promise.allSettled(
        explained.map((image) => stages.explain(image, valuesBefore(image, found, previews))),
      );
      const told = settled(explanations);
      for (const explanation of told) session.say((colors) => explanationLines(explanation, colors.dim));
      const gone = new Set(superseded.map((end) => end?.delivery));
      const applications = applicationResults.filter((_, at) => !gone.has(followed[at]?.name ?? ''));
      const named = wanted.map((result, at) => ({ result, name: images[at]?.name }));
      const others = [...deliveryResults, ...applications, ...explanations].map((result) => ({
        result,
        name: undefined,
      }));
      const errors = [...named, ...others]
        .flatMap(({ result, name }) => (result.status === 'rejected' ? [reportOf(result.reason, name)] : []))
        .filter((error) => !isTold({ ...session, notes }, from, error));
      const value: PlanValue = {
        ...{ images: found, deliveries: previews, notes: notes.size === 0 ? undefined : [...notes] },
        explanations: explain === undefined ? undefined : told,
      };
      if (comment === true) {
        const { commentPlan } = await import('./plan/comment.ts');
        const repos = deliveries.map(({ repo }) => repo);
        const readers = (url: string) => stages.askWith(async (auth) => auth.readers(url, repos));
        await commentPlan(session, options, { found: from, value, errors }, readers);
      }
      return { errors, value };
    },
    { pushes: !isProposal(env, from) },
  );
}

/** Each image and the exact diffs; where those fill more than a screen, a table, and the diffs for programs and files. */
function tell(session: Session, planned: Planned): void {
  const { images, previews } = planned;
  const large = isLarge(planned);
  if (large) {
    session.say((colors) => planTable(planned, { colors }));
    const notes = images.flatMap((image) => (image.is === 'built' ? notesOf(image) : []));
    for (const note of new Set(notes)) {
      const count = notes.filter((one) => one === note).length;
      session.say((colors) => colors.dim(oneLine(`${count} of ${images.length} images: ${note}`)));
    }
  } else for (const image of images) session.say((colors) => imageLine(image, colors.dim));
  const diff = previews.map((one) => one.diff).join('');
  if (!large) {
    session.print((style) => diffProduct(diff, style));
    tellRendered(session, previews);
    return;
  }
  const hint = 'More of one: --image NAME or --delivery NAME. The exact diffs: tagboat plan | less.';
  const isRead = !session.settings.quiet;
  session.print((style) => (style.isTerminal && isRead ? '' : diffProduct(diff, style)));
  tellRendered(session, previews);
  session.say((colors) => colors.dim(hint));
}

/** What becomes of the manifests: for people what it is, and the diff behind the files' own. */
function tellRendered(session: Session, previews: readonly CommitPreview[]): void {
  for (const rendered of previews.flatMap((one) => one.rendered ?? [])) {
    session.say((colors) => renderedLines(rendered, colors.dim));
    session.print((style) => diffProduct(rendered.diff, style));
  }
}

/** Where what can't be known is told, and kept for whoever reads the plan elsewhere. */
type Telling = Session & { readonly notes: Set<string> };

type Looking = Parameters<Parameters<typeof withStages>[2]>[0];

/** What can be told of an image where its registry lets nobody in from here: what its files tell. */
async function ofFiles(
  session: Telling,
  stages: Looking,
  found: Source,
  image: ImagePlan,
  error: unknown,
): Promise<SkippedImage> {
  const report = reportOf(error);
  if (!isUnknowable(report, session.world.env, found)) throw error;
  await stages.checkFiles(image);
  tellUnknown(session, report);
  return unknown(image, "its registry can't be asked from here");
}

function unknown(image: ImagePlan, why: string): SkippedImage {
  return { is: 'skipped', name: image.name, reference: imageName(image), why, unknown: true };
}

/** Whether an error is no more than something that can't be known here; then it is told as that. */
function isTold(session: Telling, found: Source, error: ErrorReport): boolean {
  if (!isUnknowable(error, session.world.env, found)) return false;
  tellUnknown(session, error);
  return true;
}

function tellUnknown({ emit, notes }: Telling, { code, message }: ErrorReport): void {
  const told = `Not known here: ${message}`;
  notes.add(told);
  emitNotice(emit, 'info', 'plan', 'NOT_KNOWN_HERE', { error: code }, told);
}

function tellUnset({ emit }: Session, names: readonly string[]): string {
  const are = names.length === 1 ? "isn't" : "aren't";
  const message = `${names.join(', ')} ${are} set here: no registry is asked, so whether an image is there already can't be told, and where a value names one, its variable stands in small letters.`;
  emitNotice(emit, 'warning', 'plan', 'VARIABLES_UNSET', { names }, message);
  return message;
}

/** What the config repos name in the places that this image's tag is to go to. */
function valuesBefore(
  image: ImagePlan,
  images: readonly { readonly name: string; readonly reference: string }[],
  previews: readonly CommitPreview[],
): string[] {
  const reference = images.find(({ name }) => name === image.name)?.reference ?? imageName(image);
  const tag = reference.slice(reference.lastIndexOf(':') + 1);
  return previews
    .flatMap(({ changes }) => changes)
    .flatMap(({ before, after }) => (before !== undefined && after.includes(tag) ? [before] : []));
}

function settled<T>(results: readonly PromiseSettledResult<T>[]): T[] {
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}
