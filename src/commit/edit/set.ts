import { isMap, isScalar, type Scalar } from 'yaml';
import { placeAt } from '../../errors/place.ts';
import { ifReadable, TagboatError } from '../../errors.ts';
import type { Change } from '../../plan/outcome.ts';
import { formatPath, type ImagePart, parsePath, type ValuePath } from '../../plan/path.ts';
import { isSpeltAs } from '../../plan/value.ts';
import type { Edit } from '../../plan.ts';
import { isSetToo } from './digest.ts';
import { keyText, rangeOf, type SourceFile, valueText } from './document.ts';
import type { Splice } from './format.ts';
import { formatOf, parseSource } from './parse.ts';
import { inPlaceOf, isPart, isTagAlone, otherPart, referenceIn, twinOf, withPart } from './part.ts';
import { separated, slotOf, typesOf } from './slot.ts';
import { aliasLines } from './tree/alias.ts';
import { type FoundValue, findValue, type MissingValue, throwMissing } from './tree/find.ts';
import { grownBy } from './tree/grown.ts';
import { grewBy, sameBut, tookPlace } from './tree/same.ts';
import { type Way, wayOf } from './tree/way.ts';

/** Longer values have no place in a values file. */
const longestValue = 64 * 1024;

/** A file with one value set, and what there is to say about it. */
export interface Done {
  readonly file: SourceFile;
  readonly before: string | undefined;
  readonly notes: Pick<Change, 'types' | 'aliases' | 'replaces'>;
}

/** One value set, or undefined when it is set already. `edits` are all that are made. Throws as `editFile` does. */
export function setValue(file: SourceFile, edit: Edit, edits: readonly Edit[]): Done | undefined {
  const path = parsePath(edit.path);
  if (edit.value.length > longestValue) unwritable(path, `it is longer than ${longestValue} characters`);
  if (/\p{Surrogate}/u.test(edit.value)) unwritable(path, 'it holds half a character (a lone surrogate)');
  if (!isSpeltAs(edit.as ?? 'text', edit.value)) unwritable(path, `it is no ${edit.as} that all readers write alike`);
  const at = findValue(file, path, edit.create);
  // Kustomize's own field, which takes no number.
  const last = path.steps.at(-1);
  const as = edit.as ?? (last?.is === 'key' && last.key === 'newTag' ? 'text' : undefined);
  const set = { ...edit, as };
  const done =
    path.part !== undefined
      ? setPart(file, { ...path, part: path.part }, at, edit, edits)
      : at.is === 'found'
        ? replace(file, path, at, set)
        : create(file, path, at, set, edits);
  const aliases = done === undefined ? [] : aliasesOf(file, at);
  if (done === undefined || aliases.length === 0) return done;
  if (edit.allow?.includes('aliases') !== true) {
    const data = { file: file.name, path: edit.path, lines: aliases };
    throw new TagboatError('VALUE_HAS_ALIASES', data, { place: { file: file.name } });
  }
  return { ...done, notes: { ...done.notes, aliases } };
}

/** Lines of the aliases that read what is set, or the map that gets a key. */
function aliasesOf(file: SourceFile, at: FoundValue | MissingValue): number[] {
  const document = file.documents[at.trail[0] ?? 0];
  const next = at.is === 'missing' && at.rest[0]?.is === 'key' ? at.rest[0].key : undefined;
  return document === undefined ? [] : aliasLines(file, document, wayOf(file, at.trail, next));
}

function replace(file: SourceFile, path: ValuePath, at: FoundValue, { value, as }: Edit): Done | undefined {
  const { node } = at;
  const slot = slotOf(file, at, as);
  if (slot === undefined) refuse(file, path, rangeOf(node)[0], `it has the tag ${node.tag}`);
  const format = formatOf(file);
  const before = valueText(node) ?? '';
  const [from, end] = rangeOf(node);
  // A comment after nothing keeps its distance: `key:   # why` becomes `key: value   # why`.
  const start = from === end && file.text[from] === '#' ? file.text.slice(0, from).trimEnd().length : from;
  const fits = format.spellings(value, slot);
  const bare = format.isBare(value, slot);
  // The same text is another value where it is quoted and was to be a number, or the other way around.
  if (before === value && (node.type === 'PLAIN' ? [value, slot.source].includes(fits[0] ?? '') : !bare))
    return undefined;
  for (const spelling of fits) {
    const text = slot.source === '' && !file.flat ? separated(file, start, spelling) : spelling;
    const after = spliced(file, { start, end: start + (end - from), text });
    const isPlain = bare || spelling === value;
    if (after !== undefined && sameBut(file, after, at.trail, (_, now) => isNow(now, node, value, isPlain))) {
      return { file: after, before, notes: format.typed ? typesOf(slot.now, value, bare) : {} };
    }
  }
  return refuse(file, path, start, 'no way to write the value there leaves the rest as it is');
}

/** One part of the image reference that stands there, whose other bytes stay. */
function setPart(
  file: SourceFile,
  path: ValuePath & { readonly part: ImagePart },
  at: FoundValue | MissingValue,
  edit: Edit,
  edits: readonly Edit[],
): Done | undefined {
  const { part } = path;
  if (!isPart(part, edit.value)) unwritable(path, `it can't be the ${part} of an image`);
  if (at.is === 'missing') return throwMissing(file, path, { why: at.why, offset: undefined });
  const offset = rangeOf(at.node)[0];
  const reference = referenceIn(valueText(at.node) ?? '');
  if (reference === undefined) return refuse(file, path, offset, 'what stands there is no image reference');
  const other = otherPart(part);
  const adds = reference[part] === undefined;
  const isAlone = adds && reference[other] === undefined && isTagAlone(reference.name);
  if (adds && !edit.create) {
    const why = `the image reference there has no ${part}`;
    throwMissing(file, path, { why, offset: undefined, creatable: !isAlone });
  }
  if (isAlone)
    return refuse(file, path, offset, `a tag alone seems to stand there, which a path without #${part} sets`);
  // One of the two decides what runs: where one is new, it stands in the place of the other.
  const keep = !adds || reference[other] === undefined || isSetToo(file, edits, at.node, other);
  const value = withPart(reference, part, edit.value, keep);
  const done = replace(file, path, at, { ...edit, value, as: 'text' });
  const before = reference[part] ?? (keep ? undefined : reference[other]);
  return done && { ...done, before, notes: keep ? done.notes : { ...done.notes, replaces: other } };
}

function create(file: SourceFile, path: ValuePath, at: MissingValue, edit: Edit, edits: readonly Edit[]): Done {
  const twin = twinOf(path, at);
  const replaced = twin === undefined || isSetToo(file, edits, twin.node) ? undefined : twin;
  const grown = grownBy(at.rest, { is: 'scalar', value: edit.value, as: edit.as });
  const key = at.pair?.key;
  const offset = isScalar(key) ? rangeOf(key)[0] : at.parent?.range?.[0];
  const splice =
    replaced !== undefined
      ? inPlaceOf(file, replaced, at, edit.value)
      : grown === undefined
        ? at.why
        : formatOf(file).add(file, at, grown);
  if (typeof splice === 'string') throwMissing(file, path, { why: splice, offset });
  if (!edit.create) {
    const why = replaced === undefined ? at.why : `${at.why}, and ${keyText(replaced.pair.key)} stands in its place`;
    throwMissing(file, path, { why, offset, creatable: true });
  }
  const dotted = file.flat ? undefined : dottedKey(wayOf(file, at.trail), path);
  if (dotted !== undefined)
    throwMissing(file, path, { why: `a map has the key "${dotted}", with the dot in it`, offset });
  const after = spliced(file, splice);
  const grew = (was: unknown, now: unknown) =>
    replaced !== undefined
      ? tookPlace(was, now, replaced.pair, replaced.key, edit.value)
      : grown !== undefined && grewBy(was, now, grown);
  if (after !== undefined && sameBut(file, after, at.trail, grew)) {
    if (replaced !== undefined) {
      return { file: after, before: valueText(replaced.node), notes: { replaces: keyText(replaced.pair.key) } };
    }
    const isTyped = edit.as !== undefined && edit.as !== 'text';
    return {
      file: after,
      before: undefined,
      notes: formatOf(file).typed ? typesOf('nothing', edit.value, isTyped) : {},
    };
  }
  return refuse(file, path, splice.start, 'no place for a new key there leaves the rest as it is');
}

/** A key that is several steps of the path in one, as files for `--set` have them: beside it would be a second tree. */
function dottedKey({ nodes }: Way, { steps }: ValuePath): string | undefined {
  for (const [depth, node] of nodes.entries()) {
    const rest = steps.slice(depth).map((step) => (step.is === 'key' ? step.key : undefined));
    const ends = rest.indexOf(undefined);
    const names = rest.slice(0, ends < 0 ? rest.length : ends);
    const joined = names.map((_, at) => names.slice(0, at + 1).join('.')).slice(1);
    const found = isMap(node) ? node.items.find(({ key }) => joined.includes(keyText(key) ?? '')) : undefined;
    if (found !== undefined) return keyText(found.key);
  }
  return undefined;
}

/** The file after a splice, or undefined where that is no valid file any more. */
function spliced(file: SourceFile, { start, end, text }: Splice): SourceFile | undefined {
  return ifReadable(() => parseSource(file.name, file.text.slice(0, start) + text + file.text.slice(end)));
}

/** Whether the node is what was asked: the value, with the anchor and tag it had, a string unless it stayed a plain one. */
function isNow(now: unknown, was: Scalar, value: string, plain: boolean): boolean {
  if (!isScalar(now) || now.anchor !== was.anchor || now.tag !== was.tag || valueText(now) !== value) return false;
  return plain || typeof now.value === 'string';
}

function unwritable(path: ValuePath, why: string): never {
  throw new TagboatError('VALUE_UNWRITABLE', { path: formatPath(path), why });
}

function refuse(file: SourceFile, path: ValuePath, offset: number, why: string): never {
  const place = placeAt(file.name, file.text, offset, 'nothing');
  throw new TagboatError('EDIT_REFUSED', { file: file.name, path: formatPath(path), why }, { place });
}
