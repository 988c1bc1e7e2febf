import type { Node, YAMLMap } from 'yaml';
import type { YamlDocument } from '../../../wire/yaml.ts';
import { newlineOf, type SourceFile, syntaxInvalid } from '../document.ts';
import type { Format, Slot, Splice } from '../format.ts';
import type { MissingValue } from '../tree/find.ts';
import { chainDown, type Grown } from '../tree/grown.ts';
import { made, Opaque } from '../tree/node.ts';

/** `.env`, as dotenv, Docker Compose and Node read it alike; where they don't, a value is refused. */
export const env: Format = { read, typed: false, flat: true, isBare: () => false, spellings, add };

const assignment = /[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*/y;
const styles = { '"': 'QUOTE_DOUBLE', "'": 'QUOTE_SINGLE', '`': 'BLOCK_LITERAL' } as const;

function read(name: string, text: string): readonly YamlDocument[] {
  const map = made.map([0, text.length], false);
  const lone = text.search(/\r(?!\n)/);
  if (lone >= 0) syntaxInvalid({ name, text, kind: 'dotenv' }, 'a carriage return without a line feed.', lone);
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  while (at < text.length) {
    const end = endOfLine(text, at);
    const line = text.slice(at, end);
    assignment.lastIndex = at;
    const key = assignment.exec(text)?.[1];
    if (key !== undefined) {
      const from = assignment.lastIndex;
      const value = valueAt(name, text, from);
      const keyAt = text.indexOf(key, at + (/^[ \t]*export[ \t]+/.exec(line)?.[0].length ?? 0));
      map.items.push(made.pair(made.key(key, [keyAt, keyAt + key.length]), value.node));
      at = value.end;
    } else {
      const [, alone, odd] = /^[ \t]*(?:export[ \t]+)?([\w.-]+)(:[ \t].*|[ \t]*)$/.exec(line) ?? [];
      if (alone !== undefined) {
        const why = odd?.startsWith(':') === true ? 'its key ends in a colon' : 'its key stands alone, without "="';
        map.items.push(made.pair(made.key(alone, [at, end]), new Opaque(text, [at, end], why)));
      } else if (!/^[ \t]*(?:#.*)?$/.test(line)) {
        syntaxInvalid({ name, text, kind: 'dotenv' }, 'this is neither KEY=value nor a comment.', at);
      }
      at = end;
    }
    at += text.startsWith('\r\n', at) ? 2 : 1;
  }
  return [made.document(map, text.length)];
}

function endOfLine(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  return newline < 0 ? text.length : text[newline - 1] === '\r' && newline > from ? newline - 1 : newline;
}

function valueAt(name: string, text: string, from: number): { node: Node; end: number } {
  const quote = text[from] as keyof typeof styles;
  if (quote in styles) {
    let close = from + 1;
    while (close < text.length && text[close] !== quote)
      close += text[close] === '\\' && text[close + 1] === quote ? 2 : 1;
    if (close >= text.length) syntaxInvalid({ name, text, kind: 'dotenv' }, 'this quote is never closed.', from);
    const end = endOfLine(text, close);
    if (!/^[ \t]*(?:#.*)?$/.test(text.slice(close + 1, end))) {
      return { node: new Opaque(text, [from, end], 'something follows its closing quote'), end };
    }
    const inside = text.slice(from + 1, close).replace(/\r\n/g, '\n');
    const value = quote === '"' ? inside.replace(/\\([nr])/g, (_, one) => (one === 'n' ? '\n' : '\r')) : inside;
    return { node: made.scalar(value, [from, close + 1], styles[quote]), end };
  }
  const end = endOfLine(text, from);
  const line = text.slice(from, end);
  const hash = line.indexOf('#');
  const before = hash < 0 ? line : line.slice(0, hash);
  // To dotenv every # begins a comment, to others only one after a blank.
  if (hash > 0 ? !/[ \t]$/.test(before) : hash === 0 && text[from - 1] === '=') {
    return {
      node: new Opaque(text, [from, end], 'a # follows it directly, which only some readers take for a comment'),
      end,
    };
  }
  const source = before.trimEnd();
  // The blanks before a comment stay before it.
  const start = source === '' ? text.lastIndexOf('=', from) + 1 : from;
  return { node: made.scalar(source, [start, start + source.length], 'PLAIN', source), end };
}

/** What all readers take as it stands: none of them changes it, cuts it or reads a variable in it. */
function spellings(value: string, { style, source }: Slot): readonly string[] {
  if (/\r|[^\P{Cc}\n\t]/u.test(value)) return [];
  const plain = /^[^'"`#$\\\n]*$/.test(value) && value === value.trim() ? [value] : [];
  const single = /'|\\$/.test(value) ? [] : [`'${value}'`];
  const double = /["\\$`]/.test(value) ? [] : [`"${value}"`];
  if (style === 'double') return [...double, ...single];
  // Backticks are dotenv's own.
  if (style === 'block' && source.startsWith('`') && !/[`\\]/.test(value)) return [`\`${value}\``];
  return style === 'plain' ? [...plain, ...single, ...double] : [...single, ...double];
}

function add(file: SourceFile, at: MissingValue, grown: Grown): Splice | string {
  const { keys: [key = ''] = [], value = '' } = chainDown(grown) ?? {};
  if (!/^[A-Za-z_][\w.-]*$/.test(key)) return `a variable can't be called "${key}"`;
  const last = lastLine(file, at.parent as YAMLMap);
  const before = /^[ \t]*export[ \t]+/.exec(last)?.[0] ?? '';
  const slot = { style: 'plain', source: '', flow: false, json: false, string: false, now: 'text' } as const;
  const [spelled] = spellings(value, slot);
  return spelled === undefined ? 'no reader would take it as it is' : appended(file, `${before}${key}=${spelled}`);
}

/** The line that holds the map's last key; empty where it has none. */
export function lastLine({ text }: SourceFile, map: YAMLMap): string {
  const key = map.items.at(-1)?.key as Node | undefined;
  if (key === undefined) return '';
  const start = text.lastIndexOf('\n', (key.range?.[0] ?? 0) - 1) + 1;
  return text.slice(start, endOfLine(text, start)).replace(/^\uFEFF/, '');
}

/** A line at the file's end. */
export function appended({ text }: SourceFile, line: string): Splice {
  const newline = newlineOf(text);
  const ended = text === '' || text === '\uFEFF' || text.endsWith('\n');
  return { start: text.length, end: text.length, text: ended ? line + newline : newline + line };
}
