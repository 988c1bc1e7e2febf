import { isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { placeAt } from '../../../errors/place.ts';
import { TagboatError } from '../../../errors.ts';
import { formatPath, type PathStep, type ValuePath } from '../../../plan/path.ts';
import type { YamlDocument } from '../../../wire/yaml.ts';
import { isFlow, keyPlace, keyText, rangeOf, type SourceFile, valueText } from '../document.ts';
import { refuseAlias, refuseMerged } from './alias.ts';
import { nearestPath } from './nearest.ts';
import { Opaque } from './node.ts';
import type { Trail } from './way.ts';

export interface FoundValue {
  readonly is: 'found';
  readonly trail: Trail;
  readonly node: Scalar;
  /** The pair it is the value of; undefined for a list's item. */
  readonly pair: Pair | undefined;
  readonly flow: boolean;
}

export interface MissingValue {
  readonly is: 'missing';
  readonly trail: Trail;
  /** The last node that exists on the way, null for an empty document. */
  readonly parent: Node | null;
  /** The pair whose value the parent is. */
  readonly pair: Pair | undefined;
  /** The map or list that holds the parent. */
  readonly holder: Node | undefined;
  readonly flow: boolean;
  /** The steps that lead nowhere; never empty. */
  readonly rest: readonly PathStep[];
  readonly why: string;
}

/**
 * Walks a path to its scalar, or as far as it goes; to `create` it, that must be in one document only. Throws
 * PATH_NOT_A_SCALAR, PATH_IS_ALIAS, PATH_AMBIGUOUS, PATH_KEY_DUPLICATE.
 */
export function findValue(file: SourceFile, asked: ValuePath, create: boolean): FoundValue | MissingValue {
  const path = file.flat ? flattened(asked) : asked;
  const chosen = chooseDocuments(file, path);
  const ends = chosen.map((index) => walk(file, path, index));
  const found = ends.filter((end) => end.is === 'found');
  const longest = Math.max(...ends.map((end) => end.trail.length));
  const furthest = ends.filter((end) => end.trail.length === longest);
  const rivals = found.length === 0 && create ? furthest : found;
  if (rivals.length > 1) {
    throw new TagboatError('PATH_AMBIGUOUS', {
      file: file.name,
      path: formatPath(path),
      matches: rivals.map(({ trail }) => `doc[${trail[0]}] on line ${lineOf(file, trail[0] ?? 0)}`),
    });
  }
  const end = found[0] ?? furthest[0];
  if (end !== undefined) return end;
  return throwMissing(file, path, { why: 'the file has no such document', offset: undefined });
}

/** A file without nesting has keys with dots: `.a.b` and `."a.b"` are the same. */
function flattened(path: ValuePath): ValuePath {
  const keys = path.steps.map((step) => (step.is === 'key' ? step.key : undefined));
  return keys.includes(undefined) ? path : { ...path, steps: [{ is: 'key', key: keys.join('.') }] };
}

/** Throws CONFIG_PATH_MISSING with the nearest path that exists, at the last place on the way that does. */
export function throwMissing(
  file: SourceFile,
  path: ValuePath,
  at: { why: string; offset: number | undefined; creatable?: boolean },
): never {
  const { why, offset, creatable = false } = at;
  const place = offset === undefined ? { file: file.name } : keyPlace(file, offset);
  const data = { file: file.name, path: formatPath(path), why, nearest: nearestPath(file, path), creatable };
  throw new TagboatError('CONFIG_PATH_MISSING', data, { place });
}

/** The numbers of the documents that a path may mean. */
function chooseDocuments(file: SourceFile, path: ValuePath): number[] {
  const all = file.documents.map((_, index) => index);
  const selector = path.document;
  if (selector === undefined) return all;
  if (selector.is === 'index') return all.slice(selector.index).slice(0, 1);
  const fits = all.filter((index) => selector.conditions.every((one) => holds(file.documents[index]?.contents, one)));
  if (fits.length > 1) {
    const matches = fits.map((index) => `doc[${index}] on line ${lineOf(file, index)}`);
    throw new TagboatError('PATH_AMBIGUOUS', { file: file.name, path: formatPath(path), matches });
  }
  return fits;
}

function lineOf(file: SourceFile, index: number): number {
  const document = file.documents[index];
  const start = document?.contents?.range?.[0] ?? document?.range[0] ?? 0;
  return placeAt(file.name, file.text, start, 'nothing').line ?? 1;
}

function walk(file: SourceFile, path: ValuePath, index: number): FoundValue | MissingValue {
  const document = file.documents[index] as YamlDocument;
  const trail = [index];
  let node: Node | null = document.contents;
  let pair: Pair | undefined;
  let holder: Node | undefined;
  let flow = false;
  const { steps } = path;
  for (const [depth, step] of steps.entries()) {
    refuseAlias(file, path, document, node);
    refuseTagged(file, path, node);
    const next = node === null ? 'the document is empty' : into(file, path, document, node, step);
    if (typeof next === 'string') {
      return { is: 'missing', trail, parent: node, pair, holder, flow, rest: steps.slice(depth), why: next };
    }
    flow ||= isFlow(node);
    trail.push(next.position);
    holder = node ?? undefined;
    pair = next.pair;
    node = next.node;
  }
  refuseAlias(file, path, document, node);
  if (node instanceof Opaque) {
    const place = keyPlace(file, rangeOf(isScalar(pair?.key) ? pair.key : node)[0]);
    throw new TagboatError('EDIT_REFUSED', { file: file.name, path: formatPath(path), why: node.why }, { place });
  }
  if (isScalar(node)) return { is: 'found', trail, node, pair, flow };
  if (node === null) {
    const why = 'its key stands alone, without a colon';
    throw new TagboatError('EDIT_REFUSED', { file: file.name, path: formatPath(path), why });
  }
  const nearest = nearestPath(file, path);
  const is = isSeq(node) ? 'list' : 'map';
  const place = keyPlace(file, rangeOf(isScalar(pair?.key) ? pair.key : node)[0]);
  throw new TagboatError('PATH_NOT_A_SCALAR', { file: file.name, path: formatPath(path), is, nearest }, { place });
}

/** A map or list that its tag calls something else: some readers believe the tag, others what stands there. */
function refuseTagged(file: SourceFile, path: ValuePath, node: Node | null): void {
  const tag = node?.tag?.replace('tag:yaml.org,2002:', '!!');
  const isOdd =
    isMap(node) || isSeq(node)
      ? tag?.startsWith('!!') && !/^!!(?:map|seq|omap|set|pairs)$/.test(tag)
      : tag === '!!null';
  if (node === null || !isOdd) return;
  const place = placeAt(file.name, file.text, rangeOf(node)[0], 'nothing');
  const why = `something above it has the tag ${tag}`;
  throw new TagboatError('EDIT_REFUSED', { file: file.name, path: formatPath(path), why }, { place });
}

interface Child {
  readonly position: number;
  readonly node: Node | null;
  readonly pair: Pair | undefined;
}

/** One step down, or why there is none. */
function into(file: SourceFile, path: ValuePath, document: YamlDocument, node: Node, step: PathStep): Child | string {
  if (step.is === 'key') {
    if (isMap(node)) return byKey(file, path, document, node, step.key);
    return isSeq(node) ? `a list stands where the key "${step.key}" should be` : noChild(node, `key "${step.key}"`);
  }
  if (!isSeq(node)) return isMap(node) ? 'a map stands where a list should be' : noChild(node, 'list');
  if (step.is === 'index') {
    const position = step.index < 0 ? node.items.length + step.index : step.index;
    if (node.items[position] === undefined) return `the list has ${node.items.length} items`;
    return item(node, position);
  }
  const fits = node.items.flatMap((one, position) => (step.conditions.every((is) => holds(one, is)) ? [position] : []));
  if (fits.length > 1) {
    const matches = fits.map((position) => {
      const start = rangeOf(item(node, position).node as Node)[0];
      return `item ${position} on line ${placeAt(file.name, file.text, start, 'nothing').line}`;
    });
    throw new TagboatError('PATH_AMBIGUOUS', { file: file.name, path: formatPath(path), matches });
  }
  const [position] = fits;
  return position === undefined ? 'no item of the list has these fields' : item(node, position);
}

function noChild(node: Node, what: string): string {
  const empty = isScalar(node) && node.value === null;
  const isBlock = isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
  if (isBlock)
    return `a text of several lines stands where the ${what} should be, and what it holds is no value of its own`;
  return `${empty ? 'nothing' : 'a single value'} stands where the ${what} should be`;
}

/** A list's item; `[a: 1]` holds a pair, which stands for a map of its own. */
function item(list: YAMLSeq, position: number): Child {
  return { position, node: list.items[position] as Node, pair: undefined };
}

function byKey(file: SourceFile, path: ValuePath, document: YamlDocument, map: YAMLMap, key: string): Child | string {
  const fits = map.items.flatMap((pair, position) => (keyText(pair.key) === key ? [{ position, pair }] : []));
  const [first] = fits;
  if (first !== undefined && fits.length === 1) {
    return { ...first, node: (first.pair.value as Node | null) ?? null };
  }
  if (fits.length > 1) {
    const places = fits.map(({ pair }) => keyPlace(file, rangeOf(pair.key as Node)[0]));
    const data = { file: file.name, path: formatPath(path), key, lines: places.map(({ line }) => line ?? 0) };
    throw new TagboatError('PATH_KEY_DUPLICATE', data, places[1] && { place: places[1] });
  }
  refuseMerged(file, path, document, map, key);
  return `the map has no key "${key}"`;
}

function holds(node: unknown, condition: { keys: readonly string[]; value: string }): boolean {
  let at: unknown = node;
  for (const key of condition.keys) {
    if (!isMap(at)) return false;
    at = at.items.find((pair) => keyText(pair.key) === key)?.value;
  }
  return valueText(at) === condition.value;
}
