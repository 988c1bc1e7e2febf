import { stringify } from 'yaml';
import { type PathStep, parsePath } from '../../plan/path.ts';
import type { Edit } from '../../plan.ts';

type Node = string | Node[] | { [key: string]: Node };

/**
 * The smallest files in which every edit finds its path, each value being `before`: a stand-in for a config repo that
 * isn't at hand. Files named `.json` are JSON, others YAML; several documents are kept apart by what selects them.
 */
export function skeletonOf(edits: readonly Edit[], before: string): Record<string, string> {
  const files: Record<string, Node[]> = {};
  for (const { file, path } of edits) {
    const { document, steps } = parsePath(path);
    files[file] ??= [];
    const documents = files[file];
    const at = document === undefined ? 0 : placeOf(documents, document);
    documents[at] = planted(documents[at], steps, before);
  }
  return Object.fromEntries(Object.entries(files).map(([file, documents]) => [file, written(file, documents)]));
}

function written(file: string, documents: readonly Node[]): string {
  if (file.endsWith('.json')) return `${JSON.stringify(documents[0] ?? {}, null, 2)}\n`;
  return Array.from(documents, (document) => stringify(document ?? {})).join('---\n');
}

/** The node with the path in it, whatever stood there before. */
function planted(node: Node | undefined, steps: readonly PathStep[], leaf: string): Node {
  const [step, ...rest] = steps;
  if (step === undefined) return node ?? leaf;
  if (step.is === 'key') {
    const map = isMap(node) ? node : {};
    return { ...map, [step.key]: planted(map[step.key], rest, leaf) };
  }
  const list = Array.isArray(node) ? [...node] : [];
  const at = placeOf(list, step);
  list[at] = planted(list[at], rest, leaf);
  return Array.from(list, (item) => item ?? {});
}

/** Where in a list a step leads, with an item made for it where there is none. */
function placeOf(list: Node[], step: Exclude<PathStep, { is: 'key' }>): number {
  if (step.is === 'index') return step.index < 0 ? Math.max(0, list.length + step.index) : step.index;
  const fits = (item: Node): boolean => step.conditions.every(({ keys, value }) => valueAt(item, keys) === value);
  const found = list.findIndex(fits);
  if (found >= 0) return found;
  let item: Node = {};
  for (const { keys, value } of step.conditions) {
    item = planted(
      item,
      keys.map((key) => ({ is: 'key', key })),
      value,
    );
  }
  return list.push(item) - 1;
}

function valueAt(node: Node | undefined, keys: readonly string[]): Node | undefined {
  return keys.reduce<Node | undefined>((at, key) => (isMap(at) ? at[key] : undefined), node);
}

function isMap(node: Node | undefined): node is { [key: string]: Node } {
  return typeof node === 'object' && !Array.isArray(node);
}
