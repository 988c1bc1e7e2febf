import { jsonIn } from '../../wire/fields.ts';
import type { Word } from './instruction.ts';
import type { Line } from './lines.ts';

// Go's unicode.IsSpace.
const spaces = new Set(
  '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
);

/** Whether this one character is a space to Go. */
export function isSpace(character: string | undefined): boolean {
  return character !== undefined && spaces.has(character);
}

/** A stretch of a line's text: everything is parsed by offsets, so that each word keeps its place. */
export interface Stretch {
  readonly text: string;
  /** Offset in the line. */
  readonly from: number;
}

/** An instruction's keyword, its `--flags`, and the rest. */
export interface Split {
  readonly keyword: string;
  readonly keywordAt: number;
  readonly flags: readonly string[];
  readonly rest: Stretch;
}

/** The same stretch without the spaces around it. */
export function trim({ text, from }: Stretch): Stretch {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text[start])) start++;
  while (end > start && isSpace(text[end - 1])) end--;
  return { text: text.slice(start, end), from: from + start };
}

/** Cuts a line, or an ONBUILD trigger inside one, into keyword, flags and rest. */
export function split(whole: Stretch, escape: string): Split {
  const { text, from } = trim(whole);
  const end = text.search(/[\t\v\f\r ]/);
  if (end < 0) return { keyword: text, keywordAt: from, flags: [], rest: { text: '', from: from + text.length } };
  const { flags, after } = readFlags(text, end, escape);
  return {
    keyword: text.slice(0, end),
    keywordAt: from,
    flags,
    rest: trim({ text: text.slice(after), from: from + after }),
  };
}

/** The words that begin with `--`, quotes and escapes taken off; `--` alone ends them. */
function readFlags(text: string, start: number, escape: string): { flags: string[]; after: number } {
  const flags: string[] = [];
  let at = start;
  for (;;) {
    while (isSpace(text[at])) at++;
    if (!text.startsWith('--', at)) return { flags, after: at };
    let word = '';
    let quote: string | undefined;
    for (; at < text.length && (quote !== undefined || !isSpace(text[at])); at++) {
      const character = text[at] ?? '';
      if (quote === undefined ? character === '"' || character === "'" : character === quote) {
        quote = quote === undefined ? character : undefined;
      } else if (character === escape) {
        // An escape at the very end stands for nothing.
        at++;
        word += text[at] ?? '';
      } else {
        word += character;
      }
    }
    if (word === '--') return { flags, after: at };
    flags.push(word);
  }
}

/** Words between blanks, quotes not looked at (FROM, EXPOSE, COPY without JSON). */
export function blankSeparated({ text, from }: Stretch, line: Line): Word[] {
  return [...text.matchAll(/[^\t\v\f\r ]+/g)].map((match) => ({ text: match[0], at: line.at(from + match.index) }));
}

/** Words between spaces; quotes hold a word together and stay in it (ENV, LABEL, ARG). */
export function quotedWords(text: string, escape: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (quote === undefined && isSpace(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    if (quote === undefined && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = undefined;
    else if (character === escape && quote !== "'") {
      // The escape stays too: it is read again when variables are replaced. At the very end it stands for nothing.
      const next = text[at + 1];
      if (next === undefined) continue;
      word = (word ?? '') + character + next;
      at++;
      continue;
    }
    word = (word ?? '') + character;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** The strings of a JSON array; `mixed` when it holds anything else; undefined when the text isn't one. */
export function jsonStrings(text: string): readonly string[] | 'mixed' | undefined {
  if (!text.startsWith('[')) return undefined;
  // Not JSON after all: `[ -f x ] && y` is a shell command.
  const value = jsonIn(text);
  if (!Array.isArray(value)) return undefined;
  return value.every((item) => typeof item === 'string') ? value : 'mixed';
}
