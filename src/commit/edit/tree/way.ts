import { isMap, isSeq, type Node } from 'yaml';
import { keyText, type SourceFile } from '../document.ts';

/** Where a walk ended: the document's number, then the position of each child on the way. */
export type Trail = readonly number[];

/** The nodes on a trail, the root first, and the key by which each leads to the next; undefined for a list's item. */
export interface Way {
  readonly nodes: readonly Node[];
  readonly keys: readonly (string | undefined)[];
}

/** The nodes that a trail leads over. `last` is the key that the last of them is to have. */
export function wayOf(file: SourceFile, trail: Trail, last?: string): Way {
  const [index = 0, ...positions] = trail;
  let node = file.documents[index]?.contents as Node | null | undefined;
  const nodes: Node[] = [];
  const keys: (string | undefined)[] = [];
  for (const position of positions) {
    if (node === null || node === undefined) break;
    nodes.push(node);
    const pair = isMap(node) ? node.items[position] : undefined;
    keys.push(keyText(pair?.key));
    node = (isSeq(node) ? node.items[position] : pair?.value) as Node | null | undefined;
  }
  if (node !== null && node !== undefined) nodes.push(node);
  return { nodes, keys: [...keys, last] };
}
