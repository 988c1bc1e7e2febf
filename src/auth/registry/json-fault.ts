/** A string, a bare word or number, or one mark, after any white space (RFC 8259). Whether it is right comes later. */
const token = /[ \t\r\n]*("(?:[^"\\]|\\.)*"|[\w.+-]+|[{}[\],:])|[ \t\r\n]*/sy;

/**
 * Where a text stops being JSON: the offset of the first token that can't stand there, or undefined when all is well.
 * JSON.parse's own message isn't used because it quotes the text, and the text may hold passwords.
 */
export function jsonFault(text: string): number | undefined {
  const open: ('{' | '[')[] = [];
  let next: Next = 'value';
  token.lastIndex = 0;
  for (;;) {
    const [, found] = token.exec(text) ?? [];
    const start = token.lastIndex - (found?.length ?? 0);
    if (found === undefined) {
      const ended = token.lastIndex === text.length && open.length === 0 && next === 'more';
      return ended ? undefined : start;
    }
    const after = step(found, next, open);
    if (after === undefined) return start;
    next = after;
  }
}

/** What may come next. `first` and `firstKey` also allow the closing bracket of what was just opened. */
type Next = 'value' | 'first' | 'key' | 'firstKey' | 'colon' | 'more';

/** What may follow after `found`, or undefined when it can't stand here. */
function step(found: string, next: Next, open: ('{' | '[')[]): Next | undefined {
  switch (next) {
    case 'value':
    case 'first':
      if (found === ']') return next === 'first' ? close('[', open) : undefined;
      if (found === '{') return enter('{', open);
      if (found === '[') return enter('[', open);
      return isScalar(found) ? 'more' : undefined;
    case 'key':
    case 'firstKey':
      if (found === '}') return next === 'firstKey' ? close('{', open) : undefined;
      return found.startsWith('"') && isScalar(found) ? 'colon' : undefined;
    case 'colon':
      return found === ':' ? 'value' : undefined;
    case 'more':
      if (found === '}') return close('{', open);
      if (found === ']') return close('[', open);
      if (found !== ',' || open.length === 0) return undefined;
      return open.at(-1) === '{' ? 'key' : 'value';
  }
}

function enter(bracket: '{' | '[', open: ('{' | '[')[]): Next {
  open.push(bracket);
  return bracket === '{' ? 'firstKey' : 'first';
}

function close(bracket: '{' | '[', open: ('{' | '[')[]): Next | undefined {
  return open.pop() === bracket ? 'more' : undefined;
}

/** A whole string, number, true, false or null. */
function isScalar(found: string): boolean {
  try {
    JSON.parse(found);
    return true;
  } catch {
    return false;
  }
}
