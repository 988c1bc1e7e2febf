import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { isFlow, lineEnd, newlineOf, rangeOf, type SourceFile } from '../document.ts';
import { doubleQuoted, type NewValue, type Splice } from '../format.ts';
import type { MissingValue } from '../tree/find.ts';
import { isPlain, spellings } from './scalar.ts';

/**
 * How to add `keys` with a value where they are missing, in the file's own indentation and newlines; or why that can't
 * be done.
 */
export function addKeys(file: SourceFile, at: MissingValue, keys: readonly string[], value: NewValue): Splice | string {
  const { parent } = at;
  if (isMap(parent) && parent.items.length > 0) {
    return parent.flow === true ? intoFlow(file, parent, keys, value) : intoBlock(file, parent, keys, value);
  }
  if (isMap(parent)) {
    const [start] = rangeOf(parent);
    return { start: start + 1, end: start + 1, text: inline(file, keys, value) };
  }
  if (parent === null || (at.pair === undefined && at.trail.length === 1 && isEmpty(parent))) {
    return intoNothing(file, at, keys, value);
  }
  if (!isEmpty(parent)) return 'a value stands where a map would have to be';
  const [start, end] = rangeOf(parent);
  const key = at.pair?.key;
  if (start === end && !at.flow && isScalar(key) && isMap(at.holder)) {
    const column = columnOf(file.text, rangeOf(key)[0]);
    const indent = column + indentStep(file);
    return line(file, lineEnd(file.text, start), block(file, keys, value, indent));
  }
  const gap = start === end && /[^\s[{,]/.test(file.text[start - 1] ?? ' ') ? ' ' : '';
  return { start, end, text: `${gap}{${inline(file, keys, value)}}` };
}

function isEmpty(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function intoBlock(file: SourceFile, map: YAMLMap, keys: readonly string[], value: NewValue): Splice | string {
  const first = map.items[0]?.key as Node;
  if (endsOpen(file, map)) {
    return 'the file ends in a block text without a newline, and would get one by a key after it; end the file with a newline first';
  }
  return line(file, contentEnd(file, map), block(file, keys, value, columnOf(file.text, rangeOf(first)[0])));
}

/** An empty document: the new lines come at the end of the file, after its comments. */
function intoNothing(file: SourceFile, at: MissingValue, keys: readonly string[], value: NewValue): Splice | string {
  if (at.trail[0] !== file.documents.length - 1) return 'its document is empty and others follow';
  if (file.kind === 'JSON') return 'the file holds no object';
  return line(file, file.text.length, block(file, keys, value, 0));
}

/** Whole lines put in at `offset`, which is the end of a line, before its newline or after it. */
function line(file: SourceFile, offset: number, lines: readonly string[]): Splice {
  const newline = newlineOf(file.text);
  const text = lines.join(newline);
  const atStart = offset === 0 || file.text[offset - 1] === '\n' || (offset === 1 && file.text.startsWith('\uFEFF'));
  return { start: offset, end: offset, text: atStart ? text + newline : newline + text };
}

function block(file: SourceFile, keys: readonly string[], value: NewValue, indent: number): string[] {
  const step = indentStep(file);
  return keys.map((key, depth) => {
    const end = depth === keys.length - 1 ? ` ${spelled(file, value, false)}` : '';
    return `${' '.repeat(indent + depth * step)}${spelledKey(file, key, false)}:${end}`;
  });
}

function intoFlow(file: SourceFile, map: YAMLMap, keys: readonly string[], value: NewValue): Splice {
  const { text } = file;
  const last = map.items.at(-1);
  const key = last?.key as Node;
  const start = (last?.value as Node | null | undefined)?.range?.[1] ?? rangeOf(key)[1];
  const before = /[{,](\s*)$/.exec(text.slice(Math.max(0, rangeOf(key)[0] - 1_000), rangeOf(key)[0]))?.[1] ?? ' ';
  const gap = before.includes('\n') || map.items.length > 1 ? before : ' ';
  if (file.kind === 'JSON' && gap.includes('\n'))
    return { start, end: start, text: `,${pretty(file, keys, value, gap)}` };
  return { start, end: start, text: `,${gap}${inline(file, keys, value)}` };
}

/** Nested objects, one key a line; `gap` is the newline and indentation before a sibling's key. */
function pretty(file: SourceFile, keys: readonly string[], value: NewValue, gap: string): string {
  const newline = newlineOf(file.text);
  const step = /\{\r?\n([ \t]+)/.exec(file.text)?.[1] ?? '  ';
  const indent = gap.slice(gap.lastIndexOf('\n') + 1);
  let text = spelled(file, value, true);
  for (const [depth, key] of [...keys.entries()].reverse()) {
    const inner = indent + step.repeat(depth);
    const outer = indent + step.repeat(Math.max(depth - 1, 0));
    const entry = `${newline}${inner}${spelledKey(file, key, true)}: ${text}`;
    text = depth === 0 ? entry : `{${entry}${newline}${outer}}`;
  }
  return text;
}

function inline(file: SourceFile, keys: readonly string[], value: NewValue): string {
  return keys
    .map((key) => `${spelledKey(file, key, true)}: `)
    .join('{')
    .concat(spelled(file, value, true), '}'.repeat(keys.length - 1));
}

function spelled(file: SourceFile, value: NewValue, flow: boolean): string {
  const slot = {
    style: 'plain',
    source: '',
    flow,
    json: file.kind === 'JSON',
    string: false,
    now: 'nothing',
    as: value.as,
  } as const;
  return spellings(value.value, slot)[0] ?? doubleQuoted(value.value);
}

function spelledKey(file: SourceFile, key: string, flow: boolean): string {
  return file.kind !== 'JSON' && isPlain(key, flow) ? key : doubleQuoted(key);
}

/** Go's readers see no newline at the end of a block text where the file has none there (`|` and `>` without `-`). */
function endsOpen(file: SourceFile, map: YAMLMap): boolean {
  const { start, end, block } = lastEnd(map);
  return block && !file.text.endsWith('\n') && end >= file.text.length && !/^[|>]\d?-/.test(file.text.slice(start));
}

/** The end of the last thing that is in a collection, past its line's comment, before blank lines. */
function contentEnd(file: SourceFile, node: Node): number {
  const { text } = file;
  const inside = lastEnd(node);
  if (inside.block) {
    // A block scalar's range has its blank lines; they belong to its value only with `+`, which is checked afterwards.
    let end = inside.end;
    while (end > 0 && ' \t\r\n'.includes(text[end - 1] ?? '') && !inside.keep) end -= 1;
    return lineEnd(text, end);
  }
  return lineEnd(text, inside.end);
}

function lastEnd(node: Node): { start: number; end: number; block: boolean; keep: boolean } {
  if (isMap(node) && !isFlow(node)) {
    const pair = node.items.at(-1);
    const inner = (pair?.value ?? pair?.key) as Node | undefined;
    if (inner !== undefined) return lastEnd(inner);
  }
  if (isSeq(node) && !isFlow(node)) {
    const inner = node.items.at(-1) as Node | undefined;
    if (inner !== undefined) return lastEnd(inner);
  }
  const block = isScalar(node) && (node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL');
  const keep = isScalar(node) && block && typeof node.value === 'string' && node.value.endsWith('\n\n');
  return { start: rangeOf(node)[0], end: rangeOf(node)[1], block, keep };
}

function columnOf(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return offset - start - (start === 0 && text.startsWith('\uFEFF') ? 1 : 0);
}

/** How much deeper a map inside a map stands in this file; two spaces where it has none. */
function indentStep(file: SourceFile): number {
  for (const document of file.documents) {
    const { contents } = document;
    if (!isMap(contents)) continue;
    for (const { value } of contents.items) {
      const inner = isMap(value) && !isFlow(value) ? (value.items[0]?.key as Node | undefined) : undefined;
      if (inner !== undefined) return Math.max(1, columnOf(file.text, rangeOf(inner)[0]));
    }
  }
  return 2;
}
