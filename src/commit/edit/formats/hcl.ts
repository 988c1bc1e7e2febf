import type { Node, YAMLMap } from 'yaml';
import { TagboatError } from '../../../errors.ts';
import { deepest, syntaxInvalid } from '../document.ts';
import { made, Opaque } from '../tree/node.ts';

/**
 * The attributes of an HCL body with the places of their literals (HCL native syntax specification); whatever else may
 * stand as a value has its place and no more. Throws FILE_SYNTAX_INVALID, FILE_TOO_DEEP.
 */
export function readHcl(name: string, text: string): YAMLMap {
  return new Reader(name, text).body();
}

const expression = 'an expression stands there, and no literal';
/** Blanks and comments; the newline after a line's comment is none of them. */
const blanks = /(?:[ \t\r]|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const blanksAndLines = /(?:[ \t\r\n]|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const identifier = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;
const number = /-?[ \t]*\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const heredoc = /<<-?([\p{ID_Start}_][\p{ID_Continue}-]*)\r?\n/uy;
const closing: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };

class Reader {
  readonly #name: string;
  readonly #text: string;
  #at: number;
  constructor(name: string, text: string) {
    this.#name = name;
    this.#text = text;
    this.#at = text.startsWith('\uFEFF') ? 1 : 0;
  }

  body(): YAMLMap {
    const map = made.map([0, this.#text.length], false);
    for (this.#skip(blanksAndLines); this.#at < this.#text.length; this.#skip(blanksAndLines)) {
      const start = this.#at;
      const key = this.#take(identifier);
      this.#skip(blanks);
      if (key === undefined || this.#text[this.#at] !== '=') this.#fail('this is no `name = value`.', start);
      this.#at += 1;
      this.#skip(blanks);
      map.items.push(made.pair(made.key(key, [start, start + key.length]), this.#value(0)));
      this.#skip(blanks);
      if (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#fail('something follows the value.');
    }
    return map;
  }

  /** A literal, or all of an expression that begins as one. */
  #value(depth: number): Node {
    if (depth > deepest) throw new TagboatError('FILE_TOO_DEEP', { file: this.#name, limit: deepest });
    const start = this.#at;
    const literal = this.#literal(depth);
    const end = this.#at;
    this.#skip(blanks);
    // The next line begins another item, and so does a comma; anything else makes it an expression.
    if (literal !== undefined && this.#at > start && /[\n,}\]]/.test(this.#text[this.#at] ?? '\n')) {
      this.#at = end;
      return literal;
    }
    this.#at = start;
    this.#expression(start);
    const length = this.#text.slice(start, this.#at).trimEnd().length;
    this.#at = start + length;
    if (length === 0) this.#fail('a value is missing.', start);
    return new Opaque(this.#text, [start, this.#at], expression);
  }

  #literal(depth: number): Node | undefined {
    const start = this.#at;
    const character = this.#text[start];
    if (character === '"') return this.#string();
    if (character === '[' || character === '{') return this.#collection(character, depth);
    if (this.#text.startsWith('<<', start)) return this.#heredoc();
    const digits = this.#take(number);
    if (digits !== undefined)
      return made.scalar(Number(digits.replace(/[ \t]/, '')), [start, this.#at], 'PLAIN', digits);
    const word = this.#take(identifier);
    if (word !== 'true' && word !== 'false' && word !== 'null') return undefined;
    return made.scalar(word === 'null' ? null : word === 'true', [start, this.#at], 'PLAIN', word);
  }

  /** A text in quotes; undefined where something is to be filled in. */
  #string(): Node | undefined {
    const start = this.#at;
    const source = this.#quoted();
    if (source === undefined) return undefined;
    return made.scalar(unescaped(source), [start, this.#at], 'QUOTE_DOUBLE');
  }

  /** Moves past a text in quotes. What is between them; undefined where there is a template in it. */
  #quoted(): string | undefined {
    const start = this.#at;
    let plain = true;
    for (this.#at += 1; this.#text[this.#at] !== '"'; this.#at += 1) {
      const character = this.#text[this.#at];
      if (character === undefined || character === '\n') this.#fail('this quote is never closed.', start);
      if (character === '\\') this.#at += 1;
      else if (/^[$%]\{/.test(this.#text.slice(this.#at, this.#at + 2))) {
        if (this.#text[this.#at - 1] === character) continue;
        plain = false;
        this.#at += 1;
        this.#bracket();
        this.#at -= 1;
      }
    }
    this.#at += 1;
    return plain ? this.#text.slice(start + 1, this.#at - 1) : undefined;
  }

  #heredoc(): Node | undefined {
    const start = this.#at;
    const head = this.#take(heredoc);
    if (head === undefined) this.#fail('this is no heredoc.', start);
    const [, mark = ''] = /<<-?(\S+)/.exec(head) ?? [];
    const from = this.#at;
    const end = new RegExp(`^[ \\t]*${mark}(?=\\r?$)`, 'mu').exec(this.#text.slice(from));
    if (end === null) this.#fail(`this heredoc is never closed.`, start);
    this.#at = from + end.index + end[0].length;
    const lines = this.#text
      .slice(from, from + end.index)
      .split('\n')
      .slice(0, -1);
    // Lines of blanks neither tell the indentation nor lose it.
    const indents = lines.flatMap((line) => (line.trim() === '' ? [] : [line.search(/[^ \t]/)]));
    const indent = head[2] === '-' ? Math.min(...indents, Number.MAX_SAFE_INTEGER) : 0;
    const value = lines.map((line) => `${line.trim() === '' ? line : line.slice(indent)}\n`).join('');
    if (/(?<![$%])[$%]\{/.test(value)) return undefined;
    return made.scalar(value.replace(/([$%])\1\{/g, '$1{'), [start, this.#at], 'BLOCK_LITERAL');
  }

  #collection(open: '[' | '{', depth: number): Node | undefined {
    const start = this.#at;
    const isMap = open === '{';
    const map = made.map([start, start], true);
    const list = made.list([start, start], true);
    this.#at += 1;
    this.#skip(blanksAndLines);
    if (/^for[ \t\r\n]/.test(this.#text.slice(this.#at, this.#at + 4))) return undefined;
    while (this.#text[this.#at] !== closing[open]) {
      if (isMap) map.items.push(this.#entry(depth + 1));
      else list.items.push(this.#value(depth + 1));
      this.#skip(isMap ? blanks : blanksAndLines);
      const next = this.#text[this.#at];
      if (next === ',' || next === '\n') this.#at += 1;
      else if (next !== closing[open]) this.#fail('a comma or a closing bracket is missing.');
      this.#skip(blanksAndLines);
    }
    this.#at += 1;
    const node = isMap ? map : list;
    node.range = [start, this.#at, this.#at];
    return node as unknown as Node;
  }

  #entry(depth: number) {
    const start = this.#at;
    const quoted = this.#text[start] === '"' ? this.#quoted() : undefined;
    const word = this.#at > start ? undefined : (this.#take(identifier) ?? this.#take(number));
    if (this.#at === start && this.#text[start] === '(') this.#bracket();
    const span = [start, this.#at] as const;
    const text = quoted === undefined ? word : unescaped(quoted);
    // A key that is worked out can't be asked for.
    const key = text === undefined ? new Opaque(this.#text, span, expression) : made.key(text, span);
    this.#skip(blanks);
    if (span[1] === start || !/[=:]/.test(this.#text[this.#at] ?? '')) this.#fail('this is no `key = value`.', start);
    this.#at += 1;
    this.#skip(blanksAndLines);
    return made.pair(key, this.#value(depth));
  }

  /** Moves past an expression: to the end of its line, or to what closes the brackets around it. */
  #expression(start: number): void {
    for (;;) {
      this.#skip(blanks);
      const character = this.#text[this.#at];
      if (character === undefined || /[\n,}\])]/.test(character)) return;
      if (character === '"') this.#quoted();
      else if (character in closing) this.#bracket();
      else if (this.#text.startsWith('<<', this.#at) && this.#at === start) this.#heredoc();
      else this.#at += 1;
    }
  }

  /** Moves past a bracket and what closes it. */
  #bracket(): void {
    const open = this.#at;
    const stack: string[] = [];
    do {
      const character = this.#text[this.#at];
      if (character === undefined) this.#fail('this bracket is never closed.', open);
      if (character === '"') {
        if (stack.length > deepest) throw new TagboatError('FILE_TOO_DEEP', { file: this.#name, limit: deepest });
        this.#quoted();
      } else {
        const close = closing[character];
        if (close !== undefined) stack.push(close);
        else if (character === stack.at(-1)) stack.pop();
        this.#at += 1;
      }
      if (stack.length > 0) this.#skip(blanksAndLines);
    } while (stack.length > 0);
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    if (pattern.test(this.#text)) this.#at = pattern.lastIndex;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at = pattern.lastIndex;
    return found;
  }

  #fail(why: string, offset = this.#at): never {
    return syntaxInvalid({ name: this.#name, text: this.#text, kind: 'tfvars' }, why, offset);
  }
}

const letters: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function unescaped(source: string): string {
  return source.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))|([$%])\4(?=\{)/g,
    (_, short?: string, long?: string, one?: string, mark?: string) => {
      if (mark !== undefined) return mark;
      if (one !== undefined) return letters[one] ?? one;
      const code = Number.parseInt(short ?? long ?? '', 16);
      return code > 0x10_ff_ff ? '\uFFFD' : String.fromCodePoint(code);
    },
  );
}
