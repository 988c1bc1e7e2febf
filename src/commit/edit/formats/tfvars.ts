import { isCollection, isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { isSpeltAs } from '../../../plan/value.ts';
import { lineEnd, newlineOf, rangeOf, type SourceFile } from '../document.ts';
import { doubleQuoted, type Format, type Slot, type Splice } from '../format.ts';
import type { MissingValue } from '../tree/find.ts';
import { chainDown, type Grown } from '../tree/grown.ts';
import { made } from '../tree/node.ts';
import { readHcl } from './hcl.ts';

/** Terraform's and OpenTofu's `.tfvars`: the literals of HCL. */
export const tfvars: Format = {
  read: (name, text) => [made.document(readHcl(name, text), text.length)],
  typed: true,
  flat: false,
  isBare,
  spellings,
  add,
};

function isBare(value: string, slot: Slot): boolean {
  if (slot.as !== undefined) return slot.as !== 'text';
  return slot.style === 'plain' && (slot.now === 'number' || slot.now === 'boolean') && isSpeltAs(slot.now, value);
}

function spellings(value: string, slot: Slot): readonly string[] {
  if (isBare(value, slot)) return [value];
  // HCL has texts in this form alone, and would make it of another one.
  if (value !== value.normalize('NFC')) return [];
  const heredoc = slot.style === 'block' ? heredocOf(value, slot.source) : undefined;
  return heredoc === undefined ? [quoted(value)] : [heredoc, quoted(value)];
}

/** With JSON's escapes but for two, and a `$` or `%` before a brace as its code: twice, it may stand for itself. */
function quoted(value: string): string {
  return doubleQuoted(value)
    .replace(/\\[bf]/g, (one, at: number, all: string) =>
      isEscaped(all, at) ? one : one === '\\b' ? '\\u0008' : '\\u000c',
    )
    .replace(/[$%]+(?=\{)/g, (marks) => (marks.length === 1 ? marks + marks : marks.replace(/./g, codeOf)));
}

function codeOf(mark: string): string {
  return mark === '$' ? '\\u0024' : '\\u0025';
}

/** Whether the backslash there is the second of a pair. */
function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text[before - 1] === '\\') before -= 1;
  return (at - before) % 2 === 1;
}

/** In the lines that it stood in; undefined where those have no way to say it. */
function heredocOf(value: string, source: string): string | undefined {
  const [head = '', indented, mark = ''] = /^<<(-?)([^\r\n]+)\r?\n/.exec(source) ?? [];
  const [, indent = ''] = /\n([ \t]*)\S+$/.exec(source) ?? [];
  const lines = value.split('\n');
  const fits = lines.pop() === '' && lines.every((line) => !/[$%]\{|[\0\r]/.test(line) && line.trim() !== mark);
  // What all lines have in front is no part of the text then.
  if (!fits || head === '' || lines.some((line) => indented === '-' && (line === '' || /^\s/.test(line))))
    return undefined;
  const before = indented === '-' ? indent : '';
  return head + lines.map((line) => before + line + newlineOf(source)).join('') + indent + mark;
}

function add(file: SourceFile, at: MissingValue, grown: Grown): Splice | string {
  const { parent } = at;
  const { text } = file;
  const chain = chainDown(grown);
  if (!isMap(parent) || chain === undefined) {
    return isScalar(parent) || isSeq(parent) ? 'a value stands where a map would have to be' : at.why;
  }
  const [first = '', ...rest] = chain.keys;
  const isTop = parent.flow !== true;
  if (isTop && !isIdentifier(first)) return `a variable can't be called "${first}"`;
  const slot = { style: 'double', source: '', flow: true, json: false, string: false, now: 'nothing' } as const;
  const [spelled] = spellings(chain.value, { ...slot, as: chain.as });
  if (spelled === undefined) return 'it is a text that HCL would make another of';
  const pair = `${keyed(first)} = ${rest.map((key) => `{ ${keyed(key)} = `).join('')}${spelled}${' }'.repeat(rest.length)}`;
  const last = endOfLast(parent);
  if (isTop) return after(text, last ?? text.length, '', pair);
  const [start, end] = rangeOf(parent);
  if (last === undefined) return { start: start + 1, end: end - 1, text: ` ${pair} ` };
  const [, indent] = /\n([ \t]*)$/.exec(text.slice(0, rangeOf(parent.items.at(-1)?.key as Node)[0])) ?? [];
  const isOverLines = indent !== undefined && text.slice(last, end).includes('\n');
  return isOverLines ? after(text, last, indent, pair) : { start: last, end: last, text: `, ${pair}` };
}

function endOfLast(map: YAMLMap): number | undefined {
  const value = map.items.at(-1)?.value;
  return isScalar(value) || isCollection(value) ? rangeOf(value as Node)[1] : undefined;
}

/** A line after the one that ends at `offset`. */
function after(text: string, offset: number, indent: string, line: string): Splice {
  const end = lineEnd(text, offset);
  const atStart = end === 0 || text[end - 1] === '\n' || text.slice(0, end) === '\uFEFF';
  return { start: end, end, text: atStart ? line + newlineOf(text) : newlineOf(text) + indent + line };
}

function isIdentifier(key: string): boolean {
  return /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u.test(key);
}

function keyed(key: string): string {
  return isIdentifier(key) && !/^(?:for|if|null|true|false)$/.test(key) ? key : quoted(key);
}
