type Piece =
  | { readonly is: 'star' | 'any' | 'deep' | 'inside' | 'rest' }
  | { readonly is: 'one'; readonly character: string }
  | { readonly is: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] };

/** Whether a path element holds a wildcard; a backslash takes the next character as it is. */
export function hasWildcard(text: string): boolean {
  return /^(?:[^\\*?[]|\\[\s\S])*[*?[]/.test(text);
}

/** Says whether a whole path matches. */
export type Matcher = (path: string) => boolean;

/**
 * A matcher for a pattern of Go's path/filepath.Match, which is what COPY's wildcards are: `*` and `?` stop at slashes.
 * Undefined when the pattern is malformed (Go's ErrBadPattern), which matches nothing.
 */
export function globMatcher(pattern: string): Matcher | undefined {
  return matcherOf(pattern, false);
}

/** The same with `**`, which goes over slashes: `**\/` stands for any number of folders, a last `**` for all below. */
export function deepMatcher(pattern: string): Matcher | undefined {
  return matcherOf(pattern, true);
}

function matcherOf(pattern: string, deep: boolean): Matcher | undefined {
  const pieces = readPieces([...pattern], deep);
  if (pieces === undefined) return undefined;
  // Most paths differ from a pattern at its plain beginning or end, which is seen at once.
  const start = plain(pieces);
  const end = plain(pieces.toReversed()).toReversed();
  const [first, last] = [start.join(''), end.join('')];
  if (start.length === pieces.length) return (path) => path === first;
  return (path) => path.startsWith(first) && path.endsWith(last) && matches(pieces, [...path]);
}

/** The characters before the first wildcard. */
function plain(pieces: readonly Piece[]): string[] {
  const characters: string[] = [];
  for (const piece of pieces) {
    if (piece.is !== 'one') break;
    characters.push(piece.character);
  }
  return characters;
}

function readPieces(source: readonly string[], deep: boolean): Piece[] | undefined {
  const pieces: Piece[] = [];
  for (let at = 0; at < source.length; at++) {
    const character = source[at] ?? '';
    if (deep && character === '*' && source[at + 1] === '*') {
      at++;
      if (source[at + 1] === '/') at++;
      if (source[at + 1] === undefined) pieces.push({ is: 'rest' });
      else pieces.push({ is: 'deep' }, { is: 'inside' });
    } else if (character === '*') {
      if (pieces.at(-1)?.is !== 'star') pieces.push({ is: 'star' });
    } else if (character === '?') {
      pieces.push({ is: 'any' });
    } else if (character === '\\') {
      at++;
      const escaped = source[at];
      if (escaped === undefined) return undefined;
      pieces.push({ is: 'one', character: escaped });
    } else if (character === '[') {
      const found = readClass(source, at + 1);
      if (found === undefined) return undefined;
      pieces.push(found.piece);
      at = found.end;
    } else {
      pieces.push({ is: 'one', character });
    }
  }
  return pieces;
}

/** `[a-z]` and `[^a-z]`; `end` is its closing bracket. */
function readClass(source: readonly string[], from: number): { piece: Piece; end: number } | undefined {
  let at = from;
  const negated = source[at] === '^';
  if (negated) at++;
  const ranges: (readonly [string, string])[] = [];
  const bound = (): string | undefined => {
    if (source[at] === '-' || source[at] === ']') return undefined;
    if (source[at] === '\\') at++;
    return source[at++];
  };
  for (;;) {
    if (source[at] === ']' && ranges.length > 0) return { piece: { is: 'class', negated, ranges }, end: at };
    const low = bound();
    if (low === undefined) return undefined;
    let high: string | undefined = low;
    if (source[at] === '-') {
      at++;
      high = bound();
      if (high === undefined) return undefined;
    }
    ranges.push([low, high]);
  }
}

/** All states at once, so that no pattern takes exponential time. */
function matches(pieces: readonly Piece[], path: readonly string[]): boolean {
  let states = new Set<number>();
  const enter = (set: Set<number>, state: number): void => {
    if (set.has(state)) return;
    set.add(state);
    const is = pieces[state]?.is;
    if (is === 'star' || is === 'rest' || is === 'deep') enter(set, state + 1);
    // No folder at all is also any number of folders.
    if (is === 'deep') enter(set, state + 2);
  };
  enter(states, 0);
  for (const character of path) {
    const next = new Set<number>();
    for (const state of states) {
      const piece = pieces[state];
      if (piece === undefined || !takes(piece, character)) continue;
      const stays = piece.is === 'star' || piece.is === 'rest' || piece.is === 'inside';
      if (stays) enter(next, state);
      if (!stays || (piece.is === 'inside' && character === '/')) enter(next, state + 1);
    }
    if (next.size === 0) return false;
    states = next;
  }
  return states.has(pieces.length);
}

function takes(piece: Piece, character: string): boolean {
  switch (piece.is) {
    case 'one':
      return piece.character === character;
    case 'class': {
      const code = character.codePointAt(0) ?? 0;
      const between = ([low, high]: readonly [string, string]) =>
        (low.codePointAt(0) ?? 0) <= code && code <= (high.codePointAt(0) ?? 0);
      return piece.ranges.some(between) !== piece.negated;
    }
    case 'deep':
      return false;
    case 'inside':
    case 'rest':
      return true;
    default:
      return character !== '/';
  }
}
