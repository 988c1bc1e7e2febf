import { isAlias, isMap, isSeq, type Node, visit, type YAMLMap } from 'yaml';
import { placeAt } from '../../errors/place.ts';
import { TagboatError } from '../../errors.ts';
import { formatPath, type ValuePath } from '../../plan/path.ts';
import type { YamlDocument } from '../../wire/yaml.ts';
import { keyText, placeUpTo, rangeOf, type SourceFile } from './document.ts';

/** Throws PATH_IS_ALIAS, with the anchor's place, when the node is an alias: its value belongs to other places too. */
export function refuseAlias(file: SourceFile, path: ValuePath, document: YamlDocument, node: Node | null): void {
  if (!isAlias(node)) return;
  const start = rangeOf(node)[0];
  const target = anchored(document, node.source, start);
  const { line = 1, column = 1 } =
    target === undefined ? {} : placeAt(file.name, file.text, anchorStart(file.text, node.source, target), 'nothing');
  throw new TagboatError(
    'PATH_IS_ALIAS',
    {
      file: file.name,
      path: formatPath(path),
      alias: node.source,
      anchor: target === undefined ? undefined : { line, column },
    },
    { place: placeUpTo(file, start, start + node.source.length + 1) },
  );
}

/** Throws PATH_IS_ALIAS when a key that the map doesn't have comes from a map merged into it (`<<: *base`). */
export function refuseMerged(
  file: SourceFile,
  path: ValuePath,
  document: YamlDocument,
  map: YAMLMap,
  key: string,
): void {
  for (const pair of map.items) {
    if (keyText(pair.key) !== '<<') continue;
    for (const merged of isSeq(pair.value) ? pair.value.items : [pair.value]) {
      const target = isAlias(merged) ? anchored(document, merged.source, rangeOf(merged)[0]) : undefined;
      if (isMap(target) && target.items.some((one) => keyText(one.key) === key)) {
        refuseAlias(file, path, document, merged as Node);
      }
    }
  }
}

/** The node that an alias stands for: the last one before it with that anchor (YAML 1.2.2, 3.2.2.2). */
function anchored(document: YamlDocument, name: string, before: number): Node | undefined {
  let last: Node | undefined;
  visit(document, {
    Node: (_, node) => {
      if (!isAlias(node) && node.anchor === name && rangeOf(node)[0] < before) last = node;
    },
  });
  return last;
}

/** A node's range begins after its anchor. */
function anchorStart(text: string, name: string, node: Node): number {
  const start = text.lastIndexOf(`&${name}`, rangeOf(node)[0]);
  return start < 0 ? rangeOf(node)[0] : start;
}
