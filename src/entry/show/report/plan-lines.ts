import type { ImageExplanation } from '../../../plan/image.ts';
import { contentVariable } from '../../../plan/image.ts';
import type { ImagePreview, Rendered, SkippedImage } from '../../../plan/outcome.ts';
import { oneLine, padTo, printableProduct } from '../printable.ts';
import type { ProductStyle } from '../see/style.ts';
import { objectName, renderedWhere } from './plan-report.ts';

/** A planned image, for a terminal. */
export function imageLine(image: ImagePreview | SkippedImage, dim: (text: string) => string): string {
  if (image.is === 'skipped') {
    const [mark, what] = image.unknown === true ? ['?', 'not known here'] : ['-', 'would not be built'];
    return `${mark} ${padTo(10, oneLine(image.name))}  ${what}  ${dim(oneLine(image.why))}`;
  }
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

/** What there is to know of an image that would be built. */
export function notesOf({ undecided, anew, troubles = [], careful = [] }: ImagePreview & { is: 'built' }): string[] {
  return [
    ...(anew === undefined ? [] : [anew]),
    ...troubles,
    ...(undecided === undefined ? [] : [`It is built every time: ${undecided}`]),
    ...careful,
  ];
}

const most = 20;

/** What changed since an image was last built. */
export function explanationLines(explanation: ImageExplanation, dim: (text: string) => string): string {
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

/** What becomes of one source's manifests, without the diff. */
export function renderedLines(rendered: Rendered, dim: (text: string) => string): string {
  const { by, objects, failed, notes } = rendered;
  const of = oneLine(renderedWhere(rendered).join(' in '));
  const told = notes.map((note) => dim(`  ${oneLine(note)}`));
  if (failed !== undefined) return [`! Manifests of ${of} aren't rendered: ${oneLine(failed)}`, ...told].join('\n');
  if (objects.length === 0) return [`= The manifests of ${of} stay as they are (${by}).`, ...told].join('\n');
  const listed = objects.slice(0, most).map((one) => `  ${one.is} ${oneLine(objectName(one))}`);
  const rest = objects.length > most ? [dim(`  and ${objects.length - most} more`)] : [];
  return [`~ Manifests of ${of} (${by}):`, ...listed, ...rest, ...told].join('\n');
}

/** A unified diff as it is printed: added lines green, removed ones red, where there are colours. */
export function diffProduct(diff: string, { colors }: Pick<ProductStyle, 'colors'>): string {
  return printableProduct(diff).replace(/^[+-].*$/gm, (line) =>
    (line.startsWith('+') ? colors.green : colors.red)(line),
  );
}
