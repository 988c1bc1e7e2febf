import { isMap, isScalar, isSeq } from 'yaml';
import type { PathStep } from '../../../plan/path.ts';
import type { ValueType } from '../../../plan/value.ts';
import { keyText, valueText } from '../document.ts';

/** What is added where a path leads nowhere: the maps and list items on the way, down to the value. */
export type Grown =
  | { readonly is: 'scalar'; readonly value: string; readonly as?: ValueType | undefined }
  | { readonly is: 'map'; readonly entries: ReadonlyMap<string, Grown> }
  | { readonly is: 'list'; readonly item: Grown };

/** The steps down to a value. A list's item has the fields that it is chosen by; undefined where a step says too little. */
export function grownBy(steps: readonly PathStep[], value: Extract<Grown, { is: 'scalar' }>): Grown | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  const inner = grownBy(rest, value);
  if (inner === undefined || step.is === 'index') return undefined;
  if (step.is === 'key') return { is: 'map', entries: new Map([[step.key, inner]]) };
  const fields = step.conditions.map(({ keys, value }) =>
    grownBy(
      keys.map((key) => ({ is: 'key', key })),
      { is: 'scalar', value, as: 'text' },
    ),
  );
  const item = [...fields, inner].reduce((all, one) => merged(all, one));
  return item?.is === 'map' ? { is: 'list', item } : undefined;
}

function merged(one: Grown | undefined, other: Grown | undefined): Grown | undefined {
  if (one?.is !== 'map' || other?.is !== 'map') return undefined;
  const entries = new Map(one.entries);
  for (const [key, value] of other.entries) {
    const both = entries.has(key) ? merged(entries.get(key), value) : value;
    if (both === undefined) return undefined;
    entries.set(key, both);
  }
  return { is: 'map', entries };
}

/** The keys that lead to the value, where there are no lists on the way. */
export function chainDown(
  grown: Grown,
): { keys: readonly string[]; value: string; as?: ValueType | undefined } | undefined {
  if (grown.is === 'scalar') return { keys: [], value: grown.value, as: grown.as };
  const [[key, inner] = []] = grown.is === 'map' ? grown.entries : [];
  const rest = inner === undefined ? undefined : chainDown(inner);
  return key === undefined || rest === undefined ? undefined : { ...rest, keys: [key, ...rest.keys] };
}

/** Whether a node is what was added, and no more. */
export function isGrown(node: unknown, grown: Grown): boolean {
  if (grown.is === 'scalar') return isScalar(node) && valueText(node) === grown.value;
  if (grown.is === 'list') return isSeq(node) && node.items.length === 1 && isGrown(node.items[0], grown.item);
  const entries = [...grown.entries];
  return (
    isMap(node) &&
    node.items.length === entries.length &&
    entries.every(([key, value], at) => keyText(node.items[at]?.key) === key && isGrown(node.items[at]?.value, value))
  );
}
