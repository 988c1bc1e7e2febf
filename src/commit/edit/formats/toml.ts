import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import { isMap, isScalar, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import { TagboatError } from '../../../errors.ts';
import { isSpeltAs } from '../../../plan/value.ts';
import type { YamlDocument } from '../../../wire/yaml.ts';
import { deepest, lineEnd, newlineOf, rangeOf, type SourceFile, syntaxInvalid } from '../document.ts';
import { doubleQuoted, type Format, type Slot, type Splice } from '../format.ts';
import type { MissingValue } from '../tree/find.ts';
import { chainDown, type Grown } from '../tree/grown.ts';
import { made } from '../tree/node.ts';

/** TOML 1.1; what is written is TOML 1.0 too. */
export const toml: Format = { read, typed: true, flat: false, isBare, spellings, add };

/** Where a table's next key goes: after `offset`'s line, with the keys that lead from that line's table to this one. */
interface Home {
  readonly offset: number;
  readonly prefix: readonly string[];
}

const homes = new WeakMap<Node, Home>();

function read(name: string, text: string): readonly YamlDocument[] {
  const tooDeep = () => new TagboatError('FILE_TOO_DEEP', { file: name, limit: deepest });
  try {
    // A byte order mark is nothing that TOML knows.
    const [root] = parseTOML(text.replace(/^\uFEFF/, ' '), { tomlVersion: '1.1' }).body;
    return [made.document(new Reader(text, tooDeep).root(root), text.length)];
  } catch (cause) {
    // The parser recurses.
    if (cause instanceof RangeError) throw tooDeep();
    if (!(cause instanceof ParseError)) throw cause;
    return syntaxInvalid({ name, text, kind: 'TOML' }, `${cause.message}.`, cause.index, { cause });
  }
}

class Reader {
  readonly #text: string;
  readonly #tooDeep: () => TagboatError;
  readonly #children = new Map<YAMLMap, Map<string, Node>>();
  constructor(text: string, tooDeep: () => TagboatError) {
    this.#text = text;
    this.#tooDeep = tooDeep;
  }

  root({ body }: AST.TOMLTopLevelTable): YAMLMap {
    const map = made.map([0, this.#text.length], false);
    const first = body.find((one) => one.type === 'TOMLTable');
    homes.set(map, { offset: first === undefined ? this.#text.length : 0, prefix: [] });
    for (const one of body) {
      if (one.type === 'TOMLKeyValue') this.#assign(map, one, map);
      else this.#table(map, one);
    }
    return map;
  }

  #table(root: YAMLMap, { resolvedKey, key, range, body }: AST.TOMLTable): void {
    const names = resolvedKey.filter((step) => typeof step === 'string').map((_, at) => key.keys[at]);
    if (resolvedKey.length > deepest) throw this.#tooDeep();
    let node: YAMLMap | YAMLSeq = root;
    for (const [at, step] of resolvedKey.entries()) {
      const child = (): YAMLMap | YAMLSeq =>
        typeof resolvedKey[at + 1] === 'number' ? made.list(range, false) : made.map(range, false);
      if (typeof step === 'number') {
        const list = node as YAMLSeq<Node>;
        if (list.items[step] === undefined) list.items[step] = child();
        node = list.items[step] as YAMLMap | YAMLSeq;
      } else {
        node = this.#child(node as YAMLMap, names.shift() as AST.TOMLBare, child) as YAMLMap | YAMLSeq;
      }
    }
    homes.set(node, { offset: key.range[1], prefix: [] });
    for (const one of body) this.#assign(node as YAMLMap, one, node as YAMLMap);
  }

  /** The value of a key, added to the map where it isn't there. */
  #child(map: YAMLMap, name: AST.TOMLBare | AST.TOMLQuoted, add: () => Node): Node {
    const key = name.type === 'TOMLBare' ? name.name : name.value;
    const own = this.#children.get(map) ?? new Map<string, Node>();
    this.#children.set(map, own);
    const known = own.get(key);
    if (known !== undefined) return known;
    const value = add();
    own.set(key, value);
    map.items.push(made.pair(made.key(key, name.range), value));
    return value;
  }

  #assign(table: YAMLMap, { key, value, range }: AST.TOMLKeyValue, home: YAMLMap | undefined, depth = 0): void {
    if (key.keys.length + depth > deepest) throw this.#tooDeep();
    const offset = range[1];
    if (home !== undefined) homes.set(home, { offset, prefix: [] });
    let map = table;
    const prefix: string[] = [];
    for (const name of key.keys.slice(0, -1)) {
      map = this.#child(map, name, () => made.map(name.range, false)) as YAMLMap;
      prefix.push(name.type === 'TOMLBare' ? name.name : name.value);
      if (home !== undefined) homes.set(map, { offset, prefix: [...prefix] });
    }
    this.#child(map, key.keys.at(-1) as AST.TOMLBare, () => this.#value(value, depth + key.keys.length));
  }

  #value(node: AST.TOMLContentNode, depth: number): Node {
    if (depth > deepest) throw this.#tooDeep();
    if (node.type === 'TOMLArray') {
      const list = made.list(node.range, true);
      list.items = node.elements.map((one) => this.#value(one, depth + 1));
      return list;
    }
    if (node.type === 'TOMLInlineTable') {
      const map = made.map(node.range, true);
      for (const one of node.body) this.#assign(map, one, undefined, depth + 1);
      return map;
    }
    const source = this.#text.slice(...node.range);
    if (node.kind === 'string') {
      const quote = node.style === 'literal' ? 'QUOTE_SINGLE' : 'QUOTE_DOUBLE';
      return made.scalar(node.value, node.range, node.multiline ? 'BLOCK_LITERAL' : quote);
    }
    const value = node.kind === 'integer' || node.kind === 'float' || node.kind === 'boolean' ? node.value : source;
    // A whole number says by its `.0` alone that it is a float; it is the number that is set and read.
    const text = node.kind === 'float' ? source.replace(/^(-?(?:0|[1-9]\d*))\.0$/, '$1') : source;
    return made.scalar(value, node.range, 'PLAIN', text);
  }
}

const dates = [
  /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)$/,
  /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/,
  /^\d{4}-\d\d-\d\d$/,
  /^\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/,
];

/** A date or time, which is a type of its own in TOML. */
function dateIn(slot: Slot): RegExp | undefined {
  return slot.style === 'plain' && slot.now === 'text' ? dates.find((date) => date.test(slot.source)) : undefined;
}

/** Whether a number stands there as a float, which is a type of its own too: who reads one may take no integer. */
function isFloat({ style, now, source }: Slot): boolean {
  return style === 'plain' && now === 'number' && !/^(?:0[xob]\w+|[+-]?[\d_]+)$/.test(source);
}

function isBare(value: string, slot: Slot): boolean {
  if (slot.as === 'text') return dateIn(slot)?.test(value) === true;
  if (slot.as !== undefined) return true;
  if (slot.style !== 'plain') return false;
  if (slot.now === 'number' || slot.now === 'boolean') return isSpeltAs(slot.now, value);
  return dateIn(slot)?.test(value) === true;
}

function spellings(value: string, slot: Slot): readonly string[] {
  if (isBare(value, slot))
    return [isFloat(slot) && slot.as !== 'boolean' && /^-?\d+$/.test(value) ? `${value}.0` : value];
  // Who reads a date would fail on a text.
  if (dateIn(slot) !== undefined) return [];
  const basic = doubleQuoted(value);
  const inBlock = slot.style === 'block' ? blockOf(value, slot.source) : undefined;
  if (inBlock !== undefined) return [inBlock, basic];
  const isLiteral =
    (slot.style === 'single' || (slot.style === 'block' && slot.source[0] === "'")) && isPrintable(value);
  return isLiteral && !value.includes("'") ? [`'${value}'`, basic] : [basic];
}

function isPrintable(value: string): boolean {
  return !/\p{Cc}/u.test(value);
}

/** In three quotes, as it was; undefined where that has no way to say it. */
function blockOf(value: string, source: string): string | undefined {
  const mark = source.slice(0, 3);
  // A newline after the quotes is no part of the text, and those inside are as the file's are.
  const open = /^...\r?\n/.exec(source)?.[0] ?? (value.startsWith('\n') ? `${mark}\n` : mark);
  const lines = value.split('\n');
  if (lines.length > 1 && source.includes('\r')) return undefined;
  if (mark === '"""') return open + lines.map((line) => doubleQuoted(line).slice(1, -1)).join('\n') + mark;
  return lines.every(isPrintable) && !value.includes("'") ? open + value + mark : undefined;
}

function add(file: SourceFile, at: MissingValue, grown: Grown): Splice | string {
  const { parent } = at;
  const chain = chainDown(grown);
  if (chain === undefined) return at.why;
  const { keys } = chain;
  if (!isMap(parent)) return isScalar(parent) ? 'a value stands where a table would have to be' : at.why;
  const slot = { style: 'double', source: '', flow: true, json: false, string: false, now: 'nothing' } as const;
  const pair = (all: readonly string[]): string =>
    `${all.map(spelledKey).join('.')} = ${spellings(chain.value, { ...slot, as: chain.as })[0]}`;
  if (parent.flow === true) {
    const last = parent.items.at(-1)?.value as Node | undefined;
    const start = last === undefined ? rangeOf(parent)[0] + 1 : rangeOf(last)[1];
    return { start, end: start, text: last === undefined ? ` ${pair(keys)} ` : `, ${pair(keys)}` };
  }
  const home = homes.get(parent);
  if (home === undefined) return 'its table has no line of its own, only tables inside of it';
  return addLine(file.text, home.offset, pair([...home.prefix, ...keys]), parent.items.length === 0);
}

/** A line after the one that holds `offset`, as far in as that; before all others at 0. */
function addLine(text: string, offset: number, line: string, first: boolean): Splice {
  const newline = newlineOf(text);
  const top = text.startsWith('\uFEFF') ? 1 : 0;
  if (offset === 0) return { start: top, end: top, text: `${line}${newline}${text.length > top ? newline : ''}` };
  const end = lineEnd(text, offset);
  const begin = text.lastIndexOf('\n', offset - 1) + 1;
  const indent = first ? '' : (/^[ \t]*/.exec(text.slice(begin))?.[0] ?? '');
  const atStart = end === 0 || text[end - 1] === '\n';
  return { start: end, end, text: atStart ? line + newline : newline + indent + line };
}

function spelledKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : doubleQuoted(key);
}
