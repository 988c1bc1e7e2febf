import { isMap, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { placeAt } from '../../errors/place.ts';
import { ifReadable, TagboatError } from '../../errors.ts';
import { formatPath, type ImagePart, type PathStep, parsePath, type ValuePath } from '../../plan/path.ts';
import type { Edit } from '../../plan.ts';
import type { YamlDocument } from '../../wire/yaml.ts';
import { keyText, rangeOf, type SourceFile, valueText } from './document.ts';
import { referenceIn } from './part.ts';
import { pairsIn, resolved } from './tree/alias.ts';
import { type FoundValue, findValue } from './tree/find.ts';
import { wayOf } from './tree/way.ts';

/**
 * By edit, the line of a digest that stands beside the tag it sets and that none of them sets: kustomize, and charts
 * that know digests, take the digest then. A tag is read wherever its map is merged in, or it has an alias, and any of
 * those places may have a digest. Throws DIGEST_BESIDE_TAG where that isn't allowed.
 */
export function digestLines(file: SourceFile, edits: readonly Edit[]): (number | undefined)[] {
  const places = edits.map((edit) => placeOf(file, edit));
  const set = new Set<unknown>(places.map((place) => place?.node));
  return places.map((place, index) => {
    const pinned = pinnedLine(file, edits, index, place);
    if (pinned !== undefined) return pinned;
    const beside = place && digestBeside(place, set);
    if (place === undefined || beside === undefined) return undefined;
    const at = placeAt(file.name, file.text, rangeOf(beside.key as Node)[0], 'nothing');
    const { path, allow } = edits[index] as Edit;
    if (allow?.includes('digest') === true) return at.line;
    // Where it stands itself: what is merged in, or an alias, can't be set where it is read.
    const target = resolved(place.document, beside.value);
    const own = target === beside.value && place.map.items.includes(beside);
    const key: PathStep = { is: 'key', key: keyText(beside.key) ?? '' };
    const steps = (own ? undefined : stepsTo(place.document.contents, target)) ?? [...place.above.steps, key];
    const digest = formatPath({ ...place.above, steps });
    throw new TagboatError('DIGEST_BESIDE_TAG', { file: file.name, path, digest, line: at.line ?? 1 }, { place: at });
  });
}

/** The same for the tag and the digest in one image reference. */
function pinnedLine(
  file: SourceFile,
  edits: readonly Edit[],
  index: number,
  place: Place | undefined,
): number | undefined {
  const { path: text, allow } = edits[index] as Edit;
  const path = parsePath(text);
  const node = path.part === 'tag' ? (place?.node ?? foundIn(file, path)?.node) : undefined;
  if (node === undefined || referenceIn(valueText(node) ?? '')?.digest === undefined) return undefined;
  if (isSetToo(file, edits, node, 'digest')) return undefined;
  const at = placeAt(file.name, file.text, rangeOf(node)[0], 'nothing');
  if (allow?.includes('digest') === true) return at.line;
  const digest = formatPath({ ...path, part: 'digest' });
  const data = { file: file.name, path: text, digest, line: at.line ?? 1 };
  throw new TagboatError('DIGEST_BESIDE_TAG', data, { place: at });
}

/** Whether one of the edits sets a node, or that part of the reference that it is. */
export function isSetToo(file: SourceFile, edits: readonly Edit[], node: Node, part?: ImagePart): boolean {
  return edits.some((edit) => {
    const path = parsePath(edit.path);
    return path.part === part && foundIn(file, path)?.node === node;
  });
}

/** The first digest that isn't set, in the map of the tag or in another one that reads it. */
function digestBeside({ document, map, node }: Place, set: ReadonlySet<unknown>): Pair | undefined {
  for (const one of new Set([map, ...mapsIn(document.contents)])) {
    const pairs = pairsIn(document, one);
    for (const tag of pairs) {
      if (resolved(document, tag.value) !== node) continue;
      const name = keyText(tag.key) ?? '';
      const beside = pairs.find((pair) => isDigestOf(document, pair, name) && !set.has(resolved(document, pair.value)));
      if (beside !== undefined) return beside;
    }
  }
  return undefined;
}

function mapsIn(node: unknown): YAMLMap[] {
  if (isSeq(node)) return node.items.flatMap(mapsIn);
  return isMap(node) ? [node, ...node.items.flatMap((pair) => mapsIn(pair.value))] : [];
}

function stepsTo(node: unknown, wanted: unknown): PathStep[] | undefined {
  if (node === wanted) return [];
  const below: readonly (readonly [PathStep, unknown])[] = isMap(node)
    ? node.items.map(({ key, value }) => [{ is: 'key', key: keyText(key) ?? '' }, value])
    : isSeq(node)
      ? node.items.map((one, index) => [{ is: 'index', index }, one])
      : [];
  for (const [step, one] of below) {
    const rest = stepsTo(one, wanted);
    if (rest !== undefined) return [step, ...rest];
  }
  return undefined;
}

/** The key that an edit sets, and the map it is in; undefined for anything else, and where it is no more. */
function placeOf(file: SourceFile, edit: Edit): Place | undefined {
  const path = parsePath(edit.path);
  const step = path.steps.at(-1);
  const at = foundIn(file, path);
  const map = at === undefined ? undefined : wayOf(file, at.trail).nodes.at(-2);
  const document = file.documents[at?.trail[0] ?? 0];
  if (step?.is !== 'key' || at === undefined || document === undefined || !isMap(map)) return undefined;
  return { above: { document: path.document, steps: path.steps.slice(0, -1) }, node: at.node, document, map };
}

interface Place {
  readonly above: ValuePath;
  readonly node: Node;
  readonly document: YamlDocument;
  /** The map that the key is in. */
  readonly map: YAMLMap;
}

function foundIn(file: SourceFile, path: ValuePath): FoundValue | undefined {
  // A later edit may have changed what its path selects by.
  const at = ifReadable(() => findValue(file, path, false));
  return at?.is === 'found' ? at : undefined;
}

/** `digest` of `tag` and kustomize's `newTag`, `imageDigest` of `imageTag`; an empty one counts for nothing. */
function isDigestOf(document: YamlDocument, { key, value }: Pair, tag: string): boolean {
  const name = keyText(key) ?? '';
  const text = valueText(resolved(document, value)) ?? '';
  if (text === '' || /^(?:~|null)$/i.test(text)) return false;
  const own = tag === 'newTag' ? 'digest' : tag.replace(/tag$/, 'digest').replace(/Tag$/, 'Digest');
  if (own === tag) return false;
  // Charts that call it so mean a digest, and others a commit.
  return name === own || (/^sha(?:256)?$/.test(name) && /^(?:sha256:)?[0-9a-f]{64}$/.test(text));
}
