import { skippedImages } from '../../config/plan/needed.ts';
import { nearestWord } from '../../errors/spelling.ts';
import { reportOf, TagboatError } from '../../errors.ts';
import type { ImageExplanation } from '../../plan/explanation.ts';
import type { CommitPreview, ImagePreview, SkippedImage } from '../../plan/outcome.ts';
import type { ImagePlan } from '../../plan.ts';
import type { CommonOptions } from '../run/options.ts';
import { openRun } from '../run/prepare.ts';
import type { Body } from '../run/session.ts';
import { withStages } from '../run/stages.ts';
import { oneLine, padTo } from '../show/printable.ts';

interface PlanOptions {
  /** The image whose inputs are compared, or true for all. */
  readonly explain?: string | true | undefined;
}

/** `tagboat plan`: what `ship` would build or reuse, and the exact diff it would commit. Writes nothing anywhere. */
export function plan(options: CommonOptions, { explain }: PlanOptions = {}): Body {
  return async (session) => {
    const prepared = await openRun(session, options);
    const { images, deliveries } = prepared.plan;
    const explained = explain === undefined ? [] : explain === true ? images : [named(images, explain)];
    return withStages(session, prepared.plan, async (stages) => {
      const [imageResults, deliveryResults] = await Promise.all([
        Promise.allSettled(images.map(stages.checkImage)),
        Promise.allSettled(deliveries.map(stages.checkDelivery)),
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
      const found = wanted.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      for (const image of found) session.say((colors) => lineOf(image, colors.dim));
      const previews: CommitPreview[] = [];
      for (const result of deliveryResults) {
        if (result.status === 'rejected') continue;
        previews.push(result.value);
        session.emit({ type: 'commit.previewed', delivery: result.value.delivery, preview: result.value });
        session.print(result.value.diff);
      }
      const explanations = await Promise.allSettled(
        explained.map((image) => stages.explain(image, valuesBefore(image, previews))),
      );
      const told = explanations.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      for (const explanation of told) session.say((colors) => explanationLines(explanation, colors.dim));
      const errors = [...wanted, ...deliveryResults, ...explanations].flatMap((result) =>
        result.status === 'rejected' ? [reportOf(result.reason)] : [],
      );
      const value = { images: found, deliveries: previews };
      return { errors, value: explain === undefined ? value : { ...value, explanations: told } };
    });
  };
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
function valuesBefore({ tag }: ImagePlan, previews: readonly CommitPreview[]): string[] {
  return previews
    .flatMap(({ changes }) => changes)
    .flatMap(({ before, after }) => (before !== undefined && after.includes(tag) ? [before] : []));
}

function lineOf(image: ImagePreview | SkippedImage, dim: (text: string) => string): string {
  if (image.is === 'skipped')
    return `- ${padTo(10, oneLine(image.name))}  would not be built  ${dim(oneLine(image.why))}`;
  const how = image.is === 'reused' ? 'would be reused' : `would be built with ${image.engine}`;
  const indent = ' '.repeat(14);
  const notes = image.is === 'reused' ? [] : notesOf(image);
  return [
    `~ ${padTo(10, oneLine(image.name))}  ${how}  ${dim(oneLine(image.why))}`,
    `${indent}${image.reference}`,
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
