import { Misread } from './invalid.ts';

// Values and patterns of ${var#pattern} are short; what is longer than this is refused rather than searched for seconds.
const longestValue = 32_768;
const longestPattern = 512;

type Atom = { readonly is: 'any' } | { readonly is: 'many' } | { readonly is: 'one'; readonly character: string };

/** `${var#pattern}` and `${var%pattern}`: the value without the part at its start (or end) that matches. */
export function trimPattern(value: string, pattern: string, how: { end: boolean; longest: boolean }): string {
  const atoms = readPattern(pattern);
  const text = characters(value);
  if (how.end) {
    atoms.reverse();
    text.reverse();
  }
  const end = matchFrom(text, 0, atoms, how.longest);
  if (end === undefined) return value;
  const kept = text.slice(end);
  return (how.end ? kept.reverse() : kept).join('');
}

/** `${var/pattern/text}` and, with `all`, `${var//pattern/text}`: the longest match from the left is replaced. */
export function replacePattern(
  value: string,
  pattern: string,
  replacement: string,
  { all, longest }: { readonly all: boolean; readonly longest: number },
): string {
  const atoms = readPattern(pattern);
  const text = characters(value);
  const starts = startsOf(text, atoms);
  let result = '';
  let at = 0;
  let replaced = -1;
  while (at <= text.length) {
    const end = starts[at] === 1 ? matchFrom(text, at, atoms, true) : undefined;
    // An empty match right behind the last one isn't one (Go's ReplaceAll).
    if (end !== undefined && !(end === at && at === replaced)) {
      result += replacement;
      if (result.length > longest) throw new Misread(`what replaces ${JSON.stringify(pattern)} is too much text`);
      replaced = end;
      if (!all) return result + text.slice(end).join('');
      if (end > at) {
        at = end;
        continue;
      }
    }
    result += text[at] ?? '';
    at++;
  }
  return result;
}

function characters(value: string): string[] {
  if (value.length > longestValue)
    throw new Misread(`a value of more than ${longestValue} characters can't be searched`);
  return [...value];
}

function readPattern(pattern: string): Atom[] {
  if (pattern.length > longestPattern) throw new Misread(`the pattern is longer than ${longestPattern} characters`);
  const source = [...pattern];
  const atoms: Atom[] = [];
  for (let at = 0; at < source.length; at++) {
    const character = source[at] ?? '';
    if (character === '*') {
      if (atoms.at(-1)?.is !== 'many') atoms.push({ is: 'many' });
    } else if (character === '?') {
      atoms.push({ is: 'any' });
    } else if (character !== '\\') {
      atoms.push({ is: 'one', character });
    } else if (source[at + 1] !== '}' && source[at + 1] !== '/') {
      // Before } and / the escape belongs to the braces around, not to the pattern.
      at++;
      const escaped = source[at] ?? '';
      if (!/^[*?\\]$/.test(escaped)) throw new Misread(`\\${escaped} is no escape in a pattern`);
      atoms.push({ is: 'one', character: escaped });
    }
  }
  return atoms;
}

/** Wildcards don't go over line ends, as in the expressions that BuildKit makes of them. */
function takes(atom: Atom, character: string | undefined): boolean {
  return character !== undefined && (atom.is === 'one' ? atom.character === character : character !== '\n');
}

/** The end of the longest or shortest match that begins at `start`. All positions at once: no backtracking. */
function matchFrom(
  text: readonly string[],
  start: number,
  atoms: readonly Atom[],
  longest: boolean,
): number | undefined {
  let ends = new Set([start]);
  for (const atom of atoms) {
    const next = new Set<number>();
    for (const end of ends) {
      if (atom.is !== 'many') {
        if (takes(atom, text[end])) next.add(end + 1);
        continue;
      }
      for (let at = end; !next.has(at); at++) {
        next.add(at);
        if (!takes(atom, text[at])) break;
      }
    }
    ends = next;
  }
  let best: number | undefined;
  for (const end of ends) if (best === undefined || (longest ? end > best : end < best)) best = end;
  return best;
}

/** 1 at every position where some match begins, found from the end so that a long value stays linear. */
function startsOf(text: readonly string[], atoms: readonly Atom[]): Uint8Array {
  let rest: Uint8Array = new Uint8Array(text.length + 1).fill(1);
  for (const atom of [...atoms].reverse()) {
    const here = new Uint8Array(text.length + 1);
    for (let at = text.length; at >= 0; at--) {
      if (atom.is === 'many') here[at] = rest[at] === 1 || (takes(atom, text[at]) && here[at + 1] === 1) ? 1 : 0;
      else here[at] = takes(atom, text[at]) && rest[at + 1] === 1 ? 1 : 0;
    }
    rest = here;
  }
  return rest;
}
