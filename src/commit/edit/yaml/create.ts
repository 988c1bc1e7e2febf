import { isCollection, isMap, isPair, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { isFlow, lineEnd, newlineOf, rangeOf, type SourceFile } from '../document.ts';
import { doubleQuoted, type Splice } from '../format.ts';
import type { MissingValue } from '../tree/find.ts';
import type { Grown } from '../tree/grown.ts';
import { isPlain, spellings } from './scalar.ts';

/** How to add what is missing to a YAML or JSON file; or why that can't be done. */
export function add(file: SourceFile, at: MissingValue, grown: Grown): Splice | string {
  const { parent } = at;
  if (isCollection(parent)) {
    if (isMap(parent) !== (grown.is === 'map')) return at.why;
    if (parent.items.length > 0) {
      return parent.flow === true ? intoFlow(file, parent, grown) : intoBlock(file, parent, grown);
    }
    const [start] = rangeOf(parent as Node);
    return { start: start + 1, end: start + 1, text: inline(file, grown).slice(1, -1) };
  }
  if (parent === null || (at.pair === undefined && at.trail.length === 1 && isEmpty(parent))) {
    return intoNothing(file, at, grown);
  }
  if (!isEmpty(parent)) return grown.is === 'list' ? at.why : 'a value stands where a map would have to be';
  const [start, end] = rangeOf(parent);
  const key = at.pair?.key;
  if (start === end && !at.flow && isScalar(key) && isMap(at.holder)) {
    const column = columnOf(file.text, rangeOf(key)[0]);
    return line(file, lineEnd(file.text, start), block(file, grown, column + stepTo(file, grown)));
  }
  const gap = start === end && /[^\s[{,]/.test(file.text[start - 1] ?? ' ') ? ' ' : '';
  return { start, end, text: gap + inline(file, grown) };
}

function isEmpty(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function intoBlock(file: SourceFile, parent: YAMLMap | YAMLSeq, grown: Grown): Splice | string {
  const first = isMap(parent) ? (parent.items[0]?.key as Node) : (parent as unknown as Node);
  if (endsOpen(file, parent as unknown as Node)) {
    return 'the file ends in a block text without a newline, and would get one by a key after it; end the file with a newline first';
  }
  const end = contentEnd(file, parent as unknown as Node);
  return line(file, end, block(file, grown, columnOf(file.text, rangeOf(first)[0])));
}

/** An empty document: the new lines come at the end of the file, after its comments. */
function intoNothing(file: SourceFile, at: MissingValue, grown: Grown): Splice | string {
  if (at.trail[0] !== file.documents.length - 1) return 'its document is empty and others follow';
  if (file.kind === 'JSON') return 'the file holds no object';
  return line(file, file.text.length, block(file, grown, 0));
}

/** Whole lines put in at `offset`, which is the end of a line, before its newline or after it. */
function line(file: SourceFile, offset: number, lines: readonly string[]): Splice {
  const newline = newlineOf(file.text);
  const text = lines.join(newline);
  const atStart = offset === 0 || file.text[offset - 1] === '\n' || (offset === 1 && file.text.startsWith('\uFEFF'));
  return { start: offset, end: offset, text: atStart ? text + newline : newline + text };
}

/** A map's or list's lines, the first character of each at `indent` or further in. */
function block(file: SourceFile, grown: Grown, indent: number): string[] {
  const margin = ' '.repeat(indent);
  if (grown.is === 'scalar') return [margin + spelled(file, grown, false)];
  if (grown.is === 'list') {
    const [first = '', ...rest] = block(file, grown.item, indent + 2);
    return [`${margin}- ${first.trimStart()}`, ...rest];
  }
  return [...grown.entries].flatMap(([key, value]) => {
    const head = `${margin}${spelledKey(file, key, false)}:`;
    if (value.is === 'scalar') return [`${head} ${spelled(file, value, false)}`];
    return [head, ...block(file, value, indent + stepTo(file, value))];
  });
}

/** In braces or brackets, on one line. */
function inline(file: SourceFile, grown: Grown): string {
  if (grown.is === 'scalar') return spelled(file, grown, true);
  if (grown.is === 'list') return `[${inline(file, grown.item)}]`;
  const pairs = [...grown.entries].map(([key, value]) => `${spelledKey(file, key, true)}: ${inline(file, value)}`);
  return `{${pairs.join(', ')}}`;
}

function intoFlow(file: SourceFile, parent: YAMLMap | YAMLSeq, grown: Grown): Splice {
  const { text } = file;
  const last = parent.items.at(-1) as Pair<Node, Node | null> | Node;
  const begin = isPair(last) ? rangeOf(last.key)[0] : rangeOf(last)[0];
  const start = isPair(last) ? (last.value?.range?.[1] ?? rangeOf(last.key)[1]) : rangeOf(last)[1];
  const before = /[{[,](\s*)$/.exec(text.slice(Math.max(0, begin - 1_000), begin))?.[1] ?? ' ';
  const gap = before.includes('\n') || parent.items.length > 1 ? before : ' ';
  const inner =
    file.kind === 'JSON' && gap.includes('\n')
      ? pretty(file, grown, gap.slice(gap.lastIndexOf('\n') + 1), '').slice(1)
      : gap + inline(file, grown).slice(1, -1);
  return { start, end: start, text: `,${inner}` };
}

/** Nested objects and lists, one key or item a line; without `end`, the last line's bracket is left out. */
function pretty(file: SourceFile, grown: Grown, indent: string, end: string | undefined): string {
  if (grown.is === 'scalar') return spelled(file, grown, true);
  const newline = newlineOf(file.text);
  const step = /[{[]\r?\n([ \t]+)/.exec(file.text)?.[1] ?? '  ';
  const value = (one: Grown): string => pretty(file, one, indent + step, undefined);
  const entries =
    grown.is === 'list'
      ? [value(grown.item)]
      : [...grown.entries].map(([key, one]) => `${spelledKey(file, key, true)}: ${value(one)}`);
  const [open, close] = grown.is === 'list' ? '[]' : '{}';
  const outer = indent.slice(step.length);
  const lines = entries.map((entry) => `${newline}${indent}${entry}`).join(',');
  return open + lines + (end ?? `${newline}${outer}${close}`);
}

function spelled(file: SourceFile, { value, as }: Extract<Grown, { is: 'scalar' }>, flow: boolean): string {
  const json = file.kind === 'JSON';
  const slot = { style: 'plain', source: '', flow, json, string: false, now: 'nothing', as } as const;
  return spellings(value, slot)[0] ?? doubleQuoted(value);
}

function spelledKey(file: SourceFile, key: string, flow: boolean): string {
  return file.kind !== 'JSON' && isPlain(key, flow) ? key : doubleQuoted(key);
}

/** Go's readers see no newline at the end of a block text where the file has none there (`|` and `>` without `-`). */
function endsOpen(file: SourceFile, map: Node): boolean {
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

/** How much deeper a map or a list inside a map stands in this file; where it has none, by two spaces and by none. */
function stepTo(file: SourceFile, grown: Grown): number {
  for (const { contents } of file.documents) {
    for (const { key, value } of isMap(contents) ? contents.items : []) {
      if (!isCollection(value) || value.flow === true || isMap(value) !== (grown.is === 'map')) continue;
      const inner = (isMap(value) ? value.items[0]?.key : value) as Node | undefined;
      const deeper =
        inner === undefined ? 0 : columnOf(file.text, rangeOf(inner)[0]) - columnOf(file.text, rangeOf(key as Node)[0]);
      if (inner !== undefined) return Math.max(grown.is === 'map' ? 1 : 0, deeper);
    }
  }
  return grown.is === 'map' ? 2 : 0;
}
