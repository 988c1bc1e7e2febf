import { isMap, type Node, type Pair } from 'yaml';
import { placeAt } from '../../errors/place.ts';
import { TagboatError } from '../../errors.ts';
import { formatPath, parsePath, type ValuePath } from '../../plan/path.ts';
import type { Edit } from '../../plan.ts';
import { pairsIn } from './alias.ts';
import { keyText, rangeOf, type SourceFile, valueText } from './document.ts';
import { type FoundValue, findValue } from './find.ts';
import { wayOf } from './way.ts';

/**
 * By edit, the line of a digest that stands beside the tag it sets and that none of them sets: kustomize, and charts
 * that know digests, take the digest then. Throws DIGEST_BESIDE_TAG where that isn't allowed.
 */
export function digestLines(file: SourceFile, edits: readonly Edit[]): (number | undefined)[] {
  const places = edits.map((edit) => placeOf(file, edit));
  const set = new Set<unknown>(places.map((place) => place?.node));
  return places.map((place, index) => {
    const beside = place?.pairs.find((pair) => isDigestOf(pair, place.key));
    if (place === undefined || beside === undefined || set.has(beside.value)) return undefined;
    const at = placeAt(file.name, file.text, rangeOf(beside.key as Node)[0], 'nothing');
    const { path, allow } = edits[index] as Edit;
    if (allow?.includes('digest') === true) return at.line;
    const digest = formatPath({
      ...place.above,
      steps: [...place.above.steps, { is: 'key', key: keyText(beside.key) ?? '' }],
    });
    throw new TagboatError('DIGEST_BESIDE_TAG', { file: file.name, path, digest, line: at.line ?? 1 }, { place: at });
  });
}

/** The key that an edit sets, and the map it is in; undefined for anything else, and where it is no more. */
function placeOf(file: SourceFile, edit: Edit): Place | undefined {
  const path = parsePath(edit.path);
  const step = path.steps.at(-1);
  const at = found(file, path);
  const map = at === undefined ? undefined : wayOf(file, at.trail).nodes.at(-2);
  const document = file.documents[at?.trail[0] ?? 0];
  if (step?.is !== 'key' || at === undefined || document === undefined || !isMap(map)) return undefined;
  const pairs = pairsIn(document, map);
  return { key: step.key, above: { ...path, steps: path.steps.slice(0, -1) }, node: at.node, pairs };
}

interface Place {
  readonly key: string;
  readonly above: ValuePath;
  readonly node: Node;
  /** Of the map that the key is in, with what is merged into it. */
  readonly pairs: readonly Pair[];
}

function found(file: SourceFile, path: ValuePath): FoundValue | undefined {
  try {
    const at = findValue(file, path, false);
    return at.is === 'found' ? at : undefined;
  } catch (error) {
    // A later edit changed what its path selects by.
    if (error instanceof TagboatError) return undefined;
    throw error;
  }
}

/** `digest` of `tag` and kustomize's `newTag`, `imageDigest` of `imageTag`; an empty one counts for nothing. */
function isDigestOf({ key, value }: Pair, tag: string): boolean {
  const name = keyText(key) ?? '';
  const text = valueText(value) ?? '';
  if (text === '' || /^(?:~|null)$/i.test(text)) return false;
  const own = tag === 'newTag' ? 'digest' : tag.replace(/tag$/, 'digest').replace(/Tag$/, 'Digest');
  if (own === tag) return false;
  // Charts that call it so mean a digest, and others a commit.
  return name === own || (/^sha(?:256)?$/.test(name) && /^(?:sha256:)?[0-9a-f]{64}$/.test(text));
}
