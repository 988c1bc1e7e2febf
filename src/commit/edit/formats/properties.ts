import type { YAMLMap } from 'yaml';
import type { YamlDocument } from '../../../wire/yaml.ts';
import type { SourceFile } from '../document.ts';
import type { Format, Splice } from '../format.ts';
import type { MissingValue } from '../tree/find.ts';
import { chainDown, type Grown } from '../tree/grown.ts';
import { made, Opaque } from '../tree/node.ts';
import { appended, lastLine } from './env.ts';

/** `.properties`, as java.util.Properties reads it. */
export const properties: Format = { read, typed: false, flat: true, isBare: () => false, spellings, add };

/** A line with the ones that continue it: each ends in a backslash that isn't escaped. */
const logical = /(?:[^\\\r\n]|\\(?:\r\n|[\s\S])|\\$)*/y;
const keyOf = /(?:[^\\=: \t\f\r\n]|\\(?:\r\n|[\s\S]))*/y;
/** Blanks, and a continued line's indentation. */
const blank = '(?:[ \\t\\f]|\\\\(?:\\r\\n|[\\r\\n])[ \\t\\f]*)';
const separator = new RegExp(`${blank}*(?:[=:]${blank}*)?`, 'y');

function read(_name: string, text: string): readonly YamlDocument[] {
  const map = made.map([0, text.length], false);
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  while (at < text.length) {
    const start = after(/[ \t\f\r\n]*/y, text, at);
    if (start >= text.length) break;
    if (text[start] === '#' || text[start] === '!') {
      at = after(/[^\r\n]*/y, text, start);
      continue;
    }
    const end = after(logical, text, start);
    const keyEnd = Math.min(after(keyOf, text, start), end);
    const from = Math.min(after(separator, text, keyEnd), end);
    const source = text.slice(from, end);
    const why = 'its key stands alone, without "="';
    const value =
      from === keyEnd && source === ''
        ? new Opaque(text, [start, end], why)
        : made.scalar(unescaped(source), [from, end], 'QUOTE_DOUBLE');
    map.items.push(made.pair(made.key(unescaped(text.slice(start, keyEnd)), [start, keyEnd]), value));
    at = Math.max(end, start + 1);
  }
  return [made.document(map, text.length)];
}

function after(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text) === null ? from : pattern.lastIndex;
}

const letters: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescaped(source: string): string {
  return source.replace(
    /\\(?:(?:\r\n|[\r\n])[ \t\f]*|u([0-9a-fA-F]{4})|([\s\S])|$)/g,
    (_, code?: string, one?: string) =>
      code !== undefined
        ? String.fromCharCode(Number.parseInt(code, 16))
        : one === undefined
          ? ''
          : (letters[one] ?? one),
  );
}

/** In ASCII: a file is read as ISO 8859-1 by some and as UTF-8 by others. */
function escaped(text: string): string {
  return text
    .replace(/[\\\t\n\r\f]/g, (one) => `\\${{ '\t': 't', '\n': 'n', '\r': 'r', '\f': 'f' }[one] ?? one}`)
    .replace(/[^\x20-\x7E]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function spellings(value: string): readonly string[] {
  // Blanks at the end are a part of the value, and an editor that trims lines would take them.
  return [escaped(value).replace(/^ /, '\\ ').replace(/ $/, '\\u0020')];
}

function add(file: SourceFile, at: MissingValue, grown: Grown): Splice | string {
  const { keys: [name = ''] = [], value = '' } = chainDown(grown) ?? {};
  const key = escaped(name).replace(/[ =:#!]/g, '\\$&');
  if (/\\(?:\r?\n)?$/.test(file.text)) return 'the file ends in a line that is to be continued';
  const line = lastLine(file, at.parent as YAMLMap);
  const between = /^[^\s=:\\]+([ \t]*[=:][ \t]*)/.exec(line)?.[1] ?? '=';
  return appended(file, key + between + spellings(value)[0]);
}
