import { isPending, showPending } from '../../config/plan/digests.ts';
import { skippedImages } from '../../config/plan/needed.ts';
import type { BearsUnset } from '../../config/read/read.ts';
import { nearestWord } from '../../errors/spelling.ts';
import { type ErrorReport, reportOf, TagboatError } from '../../errors.ts';
import type { PlanValue } from '../../events/json-event.ts';
import { emitNotice } from '../../events.ts';
import type { ImageExplanation } from '../../plan/image.ts';
import { contentVariable } from '../../plan/image.ts';
import type { CommitPreview, ImagePreview, SkippedImage } from '../../plan/outcome.ts';
import { type DeliveryPlan, type ImagePlan, imageName, type Source } from '../../plan.ts';
import type { CommonOptions } from '../run/options.ts';
import { ofBuilding, openRun, tellNothing } from '../run/prepare.ts';
import type { Body, Session } from '../run/session.ts';
import { isJob } from '../run/source/ci.ts';
import { withStages } from '../run/stages.ts';
import { isProposal, isUnknowable } from '../run/unknowable.ts';
import { oneLine, padTo, printableProduct } from '../show/printable.ts';
import { isLarge, type Planned, planTable } from '../show/report/plan-table.ts';

interface PlanOptions {
  /** The image whose inputs are compared, or true for all. */
  readonly explain?: string | true | undefined;
  /** No delivery need take the commit. */
  readonly allowNothing?: boolean | undefined;
}

/** `tagboat plan`: what `ship` would build or reuse, and the exact diff it would commit. Writes nothing anywhere. */
export function plan(options: CommonOptions, { explain, allowNothing }: PlanOptions = {}): Body {
  return async (session) => {
    const { env } = session.world;
    const unset = new Set<string>();
    // Where jobs run, what is missing is missing for ship too.
    const bears: BearsUnset = (path, name) => !isJob(env) && ofBuilding(path, name) && unset.add(name) !== undefined;
    const prepared = await openRun(session, options, bears, { asMerged: true });
    tellNothing(session, prepared, options, allowNothing);
    const { images, deliveries } = prepared.plan;
    const asks = unset.size === 0;
    if (!asks) tellUnset(session, [...unset]);
    const explained = explain === undefined ? [] : explain === true ? images : [named(images, explain)];
    return withStages(
      session,
      prepared.plan,
      async (stages) => {
        const look = async (image: ImagePlan): Promise<ImagePreview | SkippedImage> => {
          if (asks) return stages.checkImage(image);
          await stages.checkFiles(image);
          return { is: 'skipped', name: image.name, reference: imageName(image), why: "its registry isn't known here" };
        };
        const followed = deliveries.filter(({ deploy }) => deploy !== undefined);
        const looking = Promise.allSettled(
          images.map((image) => look(image).catch((error) => ofFiles(session, stages, prepared.found, image, error))),
        );
        // What an image's tag or digest is, a value that names it shows as far as it is known.
        const checkDelivery = async (delivery: DeliveryPlan): Promise<CommitPreview> =>
          stages.checkDelivery(isPending(delivery) ? showPending(delivery, settled(await looking)) : delivery);
        const [imageResults, deliveryResults, applicationResults] = await Promise.all([
          looking,
          Promise.allSettled(deliveries.map(checkDelivery)),
          Promise.allSettled(followed.map(stages.checkApplications)),
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
          .filter((error) => !isTold(session, prepared.found, error));
        const value: PlanValue = {
          images: found,
          deliveries: previews,
          explanations: explain === undefined ? undefined : told,
        };
        return { errors, value };
      },
      { pushes: !isProposal(env, prepared.found) },
    );
  };
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
  } else for (const image of images) session.say((colors) => lineOf(image, colors.dim));
  const diff = previews.map((one) => one.diff).join('');
  if (!large) {
    session.print(diff);
    return;
  }
  const hint = 'More of one: --image NAME or --delivery NAME. The exact diffs: tagboat plan | less.';
  const isRead = !session.settings.quiet;
  session.print(({ isTerminal }) => (isTerminal && isRead ? '' : printableProduct(diff)));
  session.say((colors) => colors.dim(hint));
}

type Looking = Parameters<Parameters<typeof withStages>[2]>[0];

/** What can be told of an image where its registry lets nobody in from here: what its files tell. */
async function ofFiles(
  session: Session,
  stages: Looking,
  found: Source,
  image: ImagePlan,
  error: unknown,
): Promise<SkippedImage> {
  const report = reportOf(error);
  if (!isUnknowable(report, session.world.env, found)) throw error;
  await stages.checkFiles(image);
  tellUnknown(session, report);
  return { is: 'skipped', name: image.name, reference: imageName(image), why: "its registry can't be asked from here" };
}

/** Whether an error is no more than something that can't be known here; then it is told as that. */
function isTold(session: Session, found: Source, error: ErrorReport): boolean {
  if (!isUnknowable(error, session.world.env, found)) return false;
  tellUnknown(session, error);
  return true;
}

function tellUnknown({ emit }: Session, { code, message }: ErrorReport): void {
  emitNotice(emit, 'info', 'plan', 'NOT_KNOWN_HERE', { error: code }, `Not known here: ${message}`);
}

function tellUnset({ emit }: Session, names: readonly string[]): void {
  const are = names.length === 1 ? "isn't" : "aren't";
  const message = `${names.join(', ')} ${are} set here: no registry is asked, so whether an image is there already can't be told, and where a value names one, its variable stands in small letters.`;
  emitNotice(emit, 'warning', 'plan', 'VARIABLES_UNSET', { names }, message);
}

function named(images: readonly ImagePlan[], name: string): ImagePlan {
  const found = images.find((image) => image.name === name);
  if (found !== undefined) return found;
  const guess = nearestWord(
    name,
    images.map((image) => image.name),
  );
  const problem = `The config names no image ${JSON.stringify(name)}${guess === undefined ? '' : `; did you mean ${guess}?`}.`;
  throw new TagboatError('USAGE', { problem, command: 'plan' });
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

function lineOf(image: ImagePreview | SkippedImage, dim: (text: string) => string): string {
  if (image.is === 'skipped')
    return `- ${padTo(10, oneLine(image.name))}  would not be built  ${dim(oneLine(image.why))}`;
  const how = image.is === 'reused' ? 'would be reused' : `would be built with ${image.engine}`;
  const indent = ' '.repeat(14);
  const notes = image.is === 'reused' ? [] : notesOf(image);
  return [
    `~ ${padTo(10, oneLine(image.name))}  ${how}  ${dim(oneLine(image.why))}`,
    `${indent}${[image.reference, ...(image.tags ?? [])].join(', ')}`,
    ...(image.reference.includes(contentVariable) ? [dim(`${indent}Its tag is known after the build.`)] : []),
    ...(image.leftOut ?? []).map(({ key, template, why }) =>
      dim(`${indent}${oneLine(`${key}, ${template}, is left out: ${why}.`)}`),
    ),
    ...notes.map((note) => dim(`${indent}${oneLine(note)}`)),
  ].join('\n');
}

function notesOf({ undecided, anew, troubles = [], careful = [] }: ImagePreview & { is: 'built' }): string[] {
  return [
    ...(anew === undefined ? [] : [anew]),
    ...troubles,
    ...(undecided === undefined ? [] : [`It is built every time: ${undecided}`]),
    ...careful,
  ];
}

const most = 20;

function explanationLines(explanation: ImageExplanation, dim: (text: string) => string): string {
  const name = padTo(10, oneLine(explanation.image));
  if (explanation.is === 'unknown') return `? ${name}  ${oneLine(explanation.why)}`;
  const { since, same, changes, leftOut } = explanation;
  if (same) return `= ${name}  nothing changed since ${oneLine(since)}`;
  const marks = { changed: '~', added: '+', removed: '-' } as const;
  const shown = changes.slice(0, most);
  const rest = changes.length - shown.length;
  const more = [
    ...(rest > 0 ? [`and ${rest} more`] : []),
    ...(changes.length === 0 ? ['the order of its instructions, or something without a name of its own'] : []),
    ...(leftOut > 0 ? [`${leftOut} inputs of that image were too many to be kept`] : []),
  ];
  return [
    `~ ${name}  changed since ${oneLine(since)}:`,
    ...shown.map(({ kind, name: what, how }) => `${' '.repeat(14)}${marks[how]} ${kind} ${oneLine(what)}`),
    ...more.map((line) => dim(`${' '.repeat(14)}${line}`)),
  ].join('\n');
}
