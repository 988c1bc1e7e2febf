import type { Place } from '../../errors.ts';
import type { Position } from './instruction.ts';
import { invalid, linePlace } from './invalid.ts';

/** One instruction's text: continuation lines joined, comments between them taken out. */
export interface Line {
  readonly text: string;
  readonly first: number;
  /** Where an offset of `text` stands in the file. */
  readonly at: (offset: number) => Position;
}

/** `# name=value` lines at the top (docs.docker.com, "Parser directives"). */
export interface Directives {
  readonly escape: '\\' | '`';
  readonly syntax: string | undefined;
  readonly check: string | undefined;
}

/** Hands out a Dockerfile's instructions line by line. */
export interface LineReader {
  readonly directives: Directives;
  /** The next instruction's text; undefined at the end. */
  next(): Line | undefined;
  /** The lines up to the one that is `name`, as written. Undefined when that line never comes. */
  heredoc(name: string, chomp: boolean): string | undefined;
  /** Number of the line read last. */
  readonly line: number;
  readonly place: (at: Position) => Place;
}

interface Part {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

// What Go's unicode.IsSpace calls a space; JavaScript's \s differs in U+0085 and U+FEFF.
const space = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const leading = new RegExp(`^${space}+`);
const comment = new RegExp(`^${space}*#`);
const blank = new RegExp(`^${space}*$`);

/** Reads lines by the rules of BuildKit's parser. Throws DOCKERFILE_INVALID for a directive that can't be. */
export function readLines(text: string, file: string): LineReader {
  // Each line keeps its end: heredocs hand it on.
  const lines = text.replace(/^\uFEFF/, '').match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const bare = lines.map(withoutEnd);
  const place = (at: Position) => linePlace(file, bare, at);
  // Behind a `#!` line BuildKit looks for the frontend, and for nothing else (its parser/directives.go).
  const isScript = bare[0]?.startsWith('#!') === true;
  const said = readDirectives(isScript ? bare.slice(1) : bare, (at) =>
    place(isScript ? { ...at, line: at.line + 1 } : at),
  );
  const directives: Directives = isScript ? { ...said, escape: '\\' } : said;
  // A lone escape character at a line's end continues it, unless it is itself escaped.
  const mark = directives.escape === '\\' ? '\\\\' : '`';
  const continued = new RegExp(`(?:^|[^${mark}])(?=${mark}[ \\t]*$)`);
  let read = 0;

  const next = (): Line | undefined => {
    while (read < bare.length) {
      const raw = bare[read] ?? '';
      read++;
      if (comment.test(raw)) continue;
      const stripped = raw.replace(leading, '');
      const parts: Part[] = [{ offset: 0, line: read, column: raw.length - stripped.length + 1 }];
      const first = read;
      let { kept, more } = cut(stripped, continued);
      if (!more && kept === '') continue;
      let joined = kept;
      while (more && read < bare.length) {
        const follow = bare[read] ?? '';
        read++;
        // Comments and empty lines inside an instruction don't end it.
        if (comment.test(follow) || blank.test(follow)) continue;
        ({ kept, more } = cut(follow, continued));
        parts.push({ offset: joined.length, line: read, column: 1 });
        joined += kept;
      }
      return { text: joined, first, at: (offset) => locate(parts, offset) };
    }
    return undefined;
  };

  const heredoc = (name: string, chomp: boolean): string | undefined => {
    const from = read;
    while (read < lines.length) {
      const line = bare[read] ?? '';
      read++;
      if ((chomp ? line.replace(/^\t+/, '') : line) === name) return lines.slice(from, read - 1).join('');
    }
    return undefined;
  };

  return {
    directives,
    next,
    heredoc,
    get line() {
      return read;
    },
    place,
  };
}

/** A loop, not a pattern: a pattern anchored at the end alone takes quadratic time on a long run of carriage returns. */
function withoutEnd(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === '\n' || line[end - 1] === '\r')) end--;
  return line.slice(0, end);
}

function cut(line: string, continued: RegExp): { kept: string; more: boolean } {
  const match = continued.exec(line);
  return match === null
    ? { kept: line, more: false }
    : { kept: line.slice(0, match.index + match[0].length), more: true };
}

function locate(parts: readonly Part[], offset: number): Position {
  let part = parts[0] ?? { offset: 0, line: 1, column: 1 };
  for (const other of parts) if (other.offset <= offset) part = other;
  return { line: part.line, column: part.column + offset - part.offset };
}

function readDirectives(lines: readonly string[], place: (at: Position) => Place): Directives {
  const found = new Map<string, string>();
  for (const [index, raw] of lines.entries()) {
    // The first line that is no directive, even an empty one or another comment, ends them.
    const match = /^\s*#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+)$/.exec(raw.trimEnd());
    const name = match?.[1]?.toLowerCase() ?? '';
    if (!['escape', 'syntax', 'check'].includes(name)) break;
    const at = { line: index + 1, column: raw.indexOf('#') + 1 };
    if (found.has(name)) throw invalid(place(at), `the directive ${name} stands here a second time`);
    const value = match?.[2] ?? '';
    if (name === 'escape' && value !== '\\' && value !== '`') {
      throw invalid(place(at), `the escape character can only be \\ or \`, not ${JSON.stringify(value)}`);
    }
    found.set(name, value);
  }
  return { escape: found.get('escape') === '`' ? '`' : '\\', syntax: found.get('syntax'), check: found.get('check') };
}
