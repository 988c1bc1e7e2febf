import { isAlias, isMap, isPair, isSeq, type Node, type Pair, visit, type YAMLMap } from 'yaml';
import { placeAt } from '../../../errors/place.ts';
import { TagboatError } from '../../../errors.ts';
import { formatPath, type ValuePath } from '../../../plan/path.ts';
import type { YamlDocument } from '../../../wire/yaml.ts';
import { keyText, placeUpTo, rangeOf, type SourceFile } from '../document.ts';
import type { Way } from './way.ts';

/** Throws PATH_IS_ALIAS, with the anchor's place, when the node is an alias: its value belongs to other places too. */
export function refuseAlias(file: SourceFile, path: ValuePath, document: YamlDocument, node: Node | null): void {
  if (!isAlias(node)) return;
  const start = rangeOf(node)[0];
  const target = anchored(document, node.source, start);
  const { line = 1, column = 1 } =
    target === undefined ? {} : placeAt(file.name, file.text, anchorStart(file.text, node.source, target), 'nothing');
  const anchor = target === undefined ? undefined : { line, column };
  const place = placeUpTo(file, start, start + node.source.length + 1);
  throw new TagboatError(
    'PATH_IS_ALIAS',
    { file: file.name, path: formatPath(path), alias: node.source, anchor },
    { place },
  );
}

/** Throws PATH_IS_ALIAS when a missing key comes from a map merged into it (`<<: *base`), at any depth. */
export function refuseMerged(
  file: SourceFile,
  path: ValuePath,
  document: YamlDocument,
  map: YAMLMap,
  key: string,
): void {
  for (const { merged, target } of mergedInto(document, map)) {
    if (!hasKey(document, target, key, new Set([map]))) continue;
    refuseAlias(file, path, document, merged);
    const why = 'its value is in a map that is merged in (<<)';
    throw new TagboatError('EDIT_REFUSED', { file: file.name, path: formatPath(path), why });
  }
}

/** A map may merge in the same one many times over, or itself. */
function hasKey(document: YamlDocument, map: YAMLMap, key: string, seen: Set<YAMLMap>): boolean {
  if (seen.has(map)) return false;
  seen.add(map);
  if (map.items.some((pair) => keyText(pair.key) === key)) return true;
  return mergedInto(document, map).some(({ target }) => hasKey(document, target, key, seen));
}

/** The pairs of a map as readers see it: its own, then those merged into it under keys that it hasn't. */
export function pairsIn(document: YamlDocument, map: YAMLMap): Pair[] {
  const pairs = new Map<string | undefined, Pair>();
  // What a map holds counts where it is merged in first: once more, it has nothing new.
  const seen = new Set<YAMLMap>();
  const take = (one: YAMLMap): void => {
    if (seen.has(one)) return;
    seen.add(one);
    for (const pair of one.items) {
      const key = keyText(pair.key);
      if (key !== '<<' && !pairs.has(key)) pairs.set(key, pair);
    }
    for (const { target } of mergedInto(document, one)) take(target);
  };
  take(map);
  return [...pairs.values()];
}

/** The node itself, or what it is an alias of. */
export function resolved(document: YamlDocument, node: unknown): unknown {
  return isAlias(node) ? anchored(document, node.source, rangeOf(node)[0]) : node;
}

function mergedInto(document: YamlDocument, map: YAMLMap): { merged: Node; target: YAMLMap }[] {
  return map.items.flatMap((pair) => {
    if (keyText(pair.key) !== '<<') return [];
    const all = (isSeq(pair.value) ? pair.value.items : [pair.value]) as (Node | null)[];
    return all.flatMap((merged) => {
      const target = isAlias(merged) ? anchored(document, merged.source, rangeOf(merged)[0]) : merged;
      return merged !== null && isMap(target) ? [{ merged, target }] : [];
    });
  });
}

/** Lines of the aliases that read a value in other places: of its anchor, one around it, or something aliased in it. */
export function aliasLines(file: SourceFile, document: YamlDocument, { nodes, keys }: Way): number[] {
  // What has the value in it, and by which key of its own, where that is known.
  const holders = new Map<Node, string | undefined>(nodes.map((node, at) => [node, keys[at]]));
  const lines = new Set<number>();
  visit(document, {
    Node: (_, node, path) => {
      if (!isAlias(node)) return;
      const target = anchored(document, node.source, rangeOf(node)[0]);
      if (target === undefined || !holders.has(target)) return;
      const key = holders.get(target);
      const above = path.filter((one) => isMap(one) || isSeq(one)) as Node[];
      const pair = path.findLast((one) => isPair(one));
      const map = above.findLast((one) => isMap(one));
      // What a map says itself stands before what is merged into it.
      const isMerge = keyText(pair?.key) === '<<' && isMap(map);
      if (isMerge && key !== undefined && map.items.some((own) => keyText(own.key) === key)) return;
      lines.add(placeAt(file.name, file.text, rangeOf(node)[0], 'nothing').line ?? 0);
      for (const one of above) if (!holders.has(one)) holders.set(one, isMerge && one === map ? key : undefined);
    },
  });
  return [...lines];
}

/** The node that an alias stands for: the last one before it with that anchor (YAML 1.2.2, 3.2.2.2). */
function anchored(document: YamlDocument, name: string, before: number): Node | undefined {
  return anchorsIn(document)
    .get(name)
    ?.findLast((node) => rangeOf(node)[0] < before);
}

const anchorsOf = new WeakMap<YamlDocument, ReadonlyMap<string, Node[]>>();

/** All anchored nodes by their names, in the document's order. */
function anchorsIn(document: YamlDocument): ReadonlyMap<string, Node[]> {
  const known = anchorsOf.get(document);
  if (known !== undefined) return known;
  const anchors = new Map<string, Node[]>();
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node) || node.anchor === undefined) return;
      const same = anchors.get(node.anchor);
      if (same === undefined) anchors.set(node.anchor, [node]);
      else same.push(node);
    },
  });
  anchorsOf.set(document, anchors);
  return anchors;
}

/** A node's range begins after its anchor. */
function anchorStart(text: string, name: string, node: Node): number {
  const start = text.lastIndexOf(`&${name}`, rangeOf(node)[0]);
  return start < 0 ? rangeOf(node)[0] : start;
}
