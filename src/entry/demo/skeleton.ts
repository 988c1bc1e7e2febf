import { stringify } from 'yaml';
import { fileKind } from '../../plan/file-kind.ts';
import { type PathStep, parsePath } from '../../plan/path.ts';
import type { Edit } from '../../plan.ts';

type Node = string | Node[] | { [key: string]: Node };

/**
 * The smallest files in which every edit finds its path, each value being `before`: a stand-in for a config repo that
 * isn't at hand, each as its name says what it is; several documents are kept apart by what selects them.
 */
export function skeletonOf(edits: readonly Edit[], before: string): Record<string, string> {
  const files: Record<string, Node[]> = {};
  for (const { file, path } of edits) {
    const { document, steps: asked, part } = parsePath(path);
    const keys = asked.map((step) => (step.is === 'key' ? step.key : ''));
    // These have no nesting: what leads to a value is one key.
    const isFlat = ['dotenv', 'properties'].includes(fileKind(file));
    const steps: readonly PathStep[] = isFlat ? [{ is: 'key', key: keys.join('.') }] : asked;
    files[file] ??= [];
    const documents = files[file];
    const at = document === undefined ? 0 : placeOf(documents, document);
    documents[at] = planted(documents[at], steps, part === undefined ? before : imageOf(edits, file, path, before));
  }
  return Object.fromEntries(Object.entries(files).map(([file, documents]) => [file, written(file, documents)]));
}

/** An image reference with those of its parts that are set. */
function imageOf(edits: readonly Edit[], file: string, path: string, tag: string): string {
  const whole = (text: string): string => text.replace(/#\w+$/, '');
  const parts = edits.flatMap((one) =>
    one.file === file && whole(one.path) === whole(path) ? [parsePath(one.path).part] : [],
  );
  const digest = `@sha256:${'0'.repeat(64)}`;
  return `app${parts.includes('tag') ? `:${tag}` : ''}${parts.includes('digest') ? digest : ''}`;
}

function written(file: string, documents: readonly Node[]): string {
  const kind = fileKind(file);
  const [first = {}] = documents;
  if (kind === 'JSON') return `${JSON.stringify(first, null, 2)}\n`;
  if (kind === 'TOML' || kind === 'tfvars') {
    return lines(first, (key, value) => `${kind === 'TOML' ? JSON.stringify(key) : key} = ${inline(value)}`);
  }
  if (kind === 'dotenv') return lines(first, (key, value) => `${key}=${value}`);
  if (kind === 'properties') return lines(first, (key, value) => `${key.replace(/[\\ =:#!]/g, '\\$&')}=${value}`);
  return Array.from(documents, (document) => stringify(document ?? {})).join('---\n');
}

function lines(map: Node, line: (key: string, value: Node) => string): string {
  return Object.entries(map)
    .map(([key, value]) => `${line(key, value)}\n`)
    .join('');
}

/** As TOML and HCL write it within a line. */
function inline(node: Node): string {
  if (typeof node === 'string') return JSON.stringify(node);
  if (Array.isArray(node)) return `[${node.map(inline).join(', ')}]`;
  return `{ ${Object.entries(node)
    .map(([key, value]) => `${JSON.stringify(key)} = ${inline(value)}`)
    .join(', ')} }`;
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
