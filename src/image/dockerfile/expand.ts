import { Misread } from './invalid.ts';
import { replacePattern, trimPattern } from './pattern.ts';
import { Words } from './split-words.ts';

/** A variable's value, or undefined when it isn't set. */
export type Lookup = (name: string) => string | undefined;

export interface ExpandOptions {
  readonly escape: string;
  /** Quotes stay. */
  readonly rawQuotes?: boolean;
  /** Escapes stay. */
  readonly rawEscapes?: boolean;
  /** Quotes are ordinary characters (heredocs). */
  readonly plainQuotes?: boolean;
  /** Variables that aren't set stay as written. */
  readonly keepUnset?: boolean;
}

export interface Expanded {
  readonly text: string;
  /** The same, cut at spaces outside of quotes. */
  readonly words: readonly string[];
  /** Names that were looked up. */
  readonly names: ReadonlySet<string>;
}

const deepest = 64;
// Linux takes no variable of more than 128 KiB; labels may be longer, and files that are written inline are files.
const longestText = 1024 * 1024;
const longestFile = 16 * 1024 * 1024;

/** Replaces variables and takes quotes off, as BuildKit's shell lexer does. Throws Misread. */
export function expand(source: string, lookup: Lookup, options: ExpandOptions): Expanded {
  const characters = [...source];
  const names = new Set<string>();
  let at = 0;
  const seen: Lookup = (name) => {
    names.add(name);
    return lookup(name);
  };
  const keepUnset = options.keepUnset === true;
  const longest = options.plainQuotes === true ? longestFile : longestText;
  /** Each name may hold the ones before it twice: a few lines would be more than any memory. */
  const joined = (text: string, more: string): string => {
    if (text.length + more.length <= longest) return text + more;
    throw new Misread(`with its variables replaced, it is longer than ${longest / 1024 / 1024} MiB`);
  };

  /** Reads up to `stop` (taken too) or, without one, to the end. */
  const until = (stop: string | undefined, rawEscapes: boolean, pattern: boolean, depth: number): Expanded => {
    if (depth > deepest) throw new Misread('variables are nested too deeply');
    const words = new Words();
    const expanded = (whole: string): Expanded => ({
      text: whole,
      get words() {
        return words.all();
      },
      names,
    });
    let text = '';
    while (at < characters.length) {
      const character = characters[at] ?? '';
      if (character === stop) {
        at++;
        return expanded(text);
      }
      if (character === '$') {
        const value = dollar(depth);
        text = joined(text, value);
        words.loose(value);
      } else if (character === '<') {
        const mark = heredocMark();
        text += mark;
        words.fixed(mark);
      } else if (options.plainQuotes !== true && (character === "'" || character === '"')) {
        const value = character === "'" ? single(pattern) : double(rawEscapes, pattern, depth);
        text = joined(text, value);
        words.fixed(value);
      } else if (character === options.escape) {
        at++;
        const next = characters[at];
        if (rawEscapes) {
          text += character;
          words.fixed(character);
        }
        if (next === undefined) break;
        at++;
        text += next;
        words.fixed(next);
      } else {
        at++;
        text += character;
        words.loose(character);
      }
    }
    if (stop !== undefined) throw new Misread(`a ${stop} is missing`);
    return expanded(text);
  };

  const single = (pattern: boolean): string => {
    let text = options.rawQuotes === true ? "'" : '';
    for (at++; characters[at] !== "'"; at++) {
      const character = characters[at];
      if (character === undefined) throw new Misread("a single quote isn't closed");
      text += pattern && character === options.escape ? character + character : character;
    }
    at++;
    return options.rawQuotes === true ? `${text}'` : text;
  };

  const double = (rawEscapes: boolean, pattern: boolean, depth: number): string => {
    let text = options.rawQuotes === true ? '"' : '';
    at++;
    for (;;) {
      const character = characters[at];
      if (character === undefined) throw new Misread("a double quote isn't closed");
      if (character === '"') break;
      if (character === '$') {
        text = joined(text, dollar(depth));
        continue;
      }
      at++;
      if (character !== options.escape) {
        text += character;
        continue;
      }
      const next = characters[at];
      if (next === undefined) continue;
      // Inside double quotes only these can be escaped; before anything else the escape is a character like others.
      if (next === '"' || next === '$' || next === options.escape) {
        text += rawEscapes ? character + next : next;
        at++;
      } else {
        text += rawEscapes && (options.rawQuotes !== true || pattern) ? character + character : character;
      }
    }
    at++;
    return options.rawQuotes === true ? `${text}"` : text;
  };

  /** `<<` may have spaces between it and its word; they belong to the word. */
  const heredocMark = (): string => {
    at++;
    if (characters[at] !== '<') return '<';
    at++;
    let mark = '<<';
    for (; /^[\t\r ]$/.test(characters[at] ?? ''); at++) mark += characters[at];
    return mark;
  };

  const name = (): string => {
    const first = characters[at] ?? '';
    if (/^[@*#?$!-]$/.test(first)) {
      at++;
      return first;
    }
    const rule = /^\p{Nd}$/u.test(first) ? /^\p{Nd}$/u : /^[\p{L}\p{Nd}_]$/u;
    let text = '';
    for (; rule.test(characters[at] ?? ''); at++) text += characters[at];
    return text;
  };

  const dollar = (depth: number): string => {
    at++;
    if (characters[at] !== '{') {
      const plain = name();
      if (plain === '') return '$';
      return seen(plain) ?? (keepUnset ? `$${plain}` : '');
    }
    at++;
    if (characters[at] === undefined) throw new Misread("a '}' is missing");
    if (/^[{}:]$/.test(characters[at] ?? '')) throw new Misread('bad substitution after ${');
    const variable = name();
    return braced(variable, depth);
  };

  const braced = (variable: string, depth: number): string => {
    let modifier = characters[at++] ?? '';
    if (modifier === '}') return seen(variable) ?? (keepUnset ? `\${${variable}}` : '');
    const orEmpty = modifier === ':';
    if (orEmpty) modifier = characters[at++] ?? '';
    const shown = (orEmpty ? ':' : '') + modifier;
    if (modifier === '/' && !orEmpty) return substituted(variable, depth);
    const trims = modifier === '#' || modifier === '%';
    if (!/^[-+?#%]$/.test(modifier) || (trims && orEmpty)) {
      throw new Misread(`\${${variable}${shown}…} has a modifier that doesn't exist`);
    }
    const word = until('}', trims, trims, depth + 1).text;
    const value = seen(variable);
    if (value === undefined && keepUnset) return `\${${variable}${shown}${word}}`;
    const empty = value === undefined || (orEmpty && value === '');
    switch (modifier) {
      case '-':
        return empty ? word : (value ?? '');
      case '+':
        return empty ? '' : word;
      case '?':
        if (empty)
          throw new Misread(
            `${variable}: ${word === '' ? `must be ${value === undefined ? 'set' : 'more than empty'}` : word}`,
          );
        return value ?? '';
      default: {
        const longest = word.startsWith(modifier);
        return trimPattern(value ?? '', longest ? word.slice(1) : word, { end: modifier === '%', longest });
      }
    }
  };

  const substituted = (variable: string, depth: number): string => {
    const all = characters[at] === '/';
    if (all) at++;
    const pattern = until('/', true, true, depth + 1).text;
    const replacement = until('}', true, false, depth + 1).text;
    const value = seen(variable);
    if (value === undefined && keepUnset) return `\${${variable}/${all ? '/' : ''}${pattern}/${replacement}}`;
    return replacePattern(value ?? '', pattern, replacement, { all, longest });
  };

  return until(undefined, options.rawEscapes === true, false, 0);
}
