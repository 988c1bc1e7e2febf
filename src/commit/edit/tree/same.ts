import { isAlias, isMap, isScalar, isSeq, type Pair, type Scalar } from 'yaml';
import { keyText, type SourceFile, valueText } from '../document.ts';
import { type Grown, isGrown } from './grown.ts';
import type { Trail } from './way.ts';

/**
 * Whether two readings of a file are the same but for the node at the end of the trail, about which `differs` decides.
 * Styles, tags, anchors and the order of keys count.
 */
export function sameBut(
  before: SourceFile,
  after: SourceFile,
  trail: Trail,
  differs: (before: unknown, after: unknown) => boolean,
): boolean {
  if (before.documents.length !== after.documents.length) return false;
  return before.documents.every((document, index) => {
    const other = after.documents[index];
    if (other === undefined) return false;
    const rest = trail[0] === index ? trail.slice(1) : undefined;
    return same(document.contents, other.contents, rest, differs);
  });
}

function same(a: unknown, b: unknown, trail: Trail | undefined, differs: (a: unknown, b: unknown) => boolean): boolean {
  if (trail?.length === 0) return differs(a, b);
  if (a === null || a === undefined || b === null || b === undefined) return a === b;
  if (isAlias(a)) return isAlias(b) && a.source === b.source;
  if (isScalar(a)) return isScalar(b) && sameScalar(a, b);
  if (isMap(a)) {
    if (!isMap(b) || !sameFrame(a, b)) return false;
    return a.items.every((pair, index) => {
      const other = b.items[index];
      if (other === undefined || !same(pair.key, other.key, undefined, differs)) return false;
      return same(pair.value, other.value, stepInto(trail, index), differs);
    });
  }
  if (!isSeq(a) || !isSeq(b) || !sameFrame(a, b)) return false;
  return a.items.every((one, index) => same(one, b.items[index], stepInto(trail, index), differs));
}

function stepInto(trail: Trail | undefined, index: number): Trail | undefined {
  return trail?.[0] === index ? trail.slice(1) : undefined;
}

interface Frame {
  readonly items: readonly unknown[];
  readonly flow?: boolean;
  readonly tag?: string;
  readonly anchor?: string;
}

function sameFrame(a: Frame, b: Frame): boolean {
  return a.items.length === b.items.length && a.flow === b.flow && a.tag === b.tag && a.anchor === b.anchor;
}

function sameScalar(a: Scalar, b: Scalar): boolean {
  return a.type === b.type && keyText(a) === keyText(b) && a.tag === b.tag && a.anchor === b.anchor;
}

/** Whether a node is what it was with something added: one more key of a map or item of a list, and what is in it. */
export function grewBy(before: unknown, after: unknown, grown: Grown): boolean {
  if (grown.is === 'list' && isSeq(before)) {
    const [old, now] = [before.items, isSeq(after) ? after.items : []];
    if (!isSeq(after) || now.length !== old.length + 1 || before.flow !== after.flow) return false;
    return old.every((one, at) => same(one, now[at], undefined, no)) && isGrown(now.at(-1), grown.item);
  }
  if (grown.is !== 'map') return isGrown(after, grown);
  const old = isMap(before) ? before.items : [];
  if (!isMap(after) || after.items.length !== old.length + 1) return false;
  if (isMap(before) && (before.flow !== after.flow || before.tag !== after.tag || before.anchor !== after.anchor)) {
    return false;
  }
  const [[key, value] = []] = grown.entries;
  // In TOML a table's own keys stand before the tables inside of it.
  const added = after.items.findLast((pair) => keyText(pair.key) === key);
  const rest = after.items.filter((pair) => pair !== added);
  return value !== undefined && old.every((pair, at) => samePair(pair, rest[at])) && isGrown(added?.value, value);
}

/** Whether a map is what it was but for one pair, which has another key and value now. */
export function tookPlace(before: unknown, after: unknown, taken: Pair, key: string, value: string): boolean {
  if (!isMap(before) || !isMap(after) || !sameFrame(before, after)) return false;
  return before.items.every((pair, at) => {
    const now = after.items[at];
    if (pair !== taken) return samePair(pair, now);
    return keyText(now?.key) === key && isScalar(now?.value) && valueText(now?.value) === value;
  });
}

function samePair(one: Pair, other: Pair | undefined): boolean {
  return same(one.key, other?.key, undefined, no) && same(one.value, other?.value, undefined, no);
}

const no = () => false;
