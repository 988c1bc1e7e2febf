import type { Place } from '../errors.ts';

/**
 * The place of an offset in a text. The line's own text comes along when `show` says so: nothing for files that may
 * hold secrets, or its first characters up to an offset (a key, never its value).
 */
export function placeAt(file: string, text: string, offset: number, show: 'line' | 'nothing' | number): Place {
  // A byte order mark takes no column on screen.
  const first = text.startsWith('\uFEFF') ? 1 : 0;
  const lineStart = Math.max(text.lastIndexOf('\n', offset - 1) + 1, first);
  const line = text.slice(0, lineStart).split('\n').length;
  const place = { file, line, column: Math.max(offset - lineStart, 0) + 1 };
  if (show === 'nothing') return place;
  const newline = text.indexOf('\n', lineStart);
  const lineEnd = newline < 0 ? text.length : newline;
  const end = show === 'line' ? lineEnd : Math.min(show, lineEnd);
  return { ...place, text: text.slice(lineStart, end).replace(/\r$/, '') };
}

const widest = 100;

/**
 * A place as people see it: `file:line:column`, then the line with a caret under the column. Long lines are cut around
 * the caret; tabs and control characters become spaces, so that the caret stands where it should.
 */
export function describePlace(place: Place): string {
  const where = [place.file, place.line, place.line === undefined ? undefined : place.column];
  const head = where.filter((part) => part !== undefined).join(':');
  if (place.text === undefined || place.column === undefined) return head;
  const gutter = place.line === undefined ? '' : `${place.line} | `;
  const from = Math.max(0, place.column - 1 - widest / 2);
  const shown = place.text.slice(from, from + widest).replace(/\p{Cc}|\p{Cf}/gu, ' ');
  const cut = from > 0 ? '…' : '';
  const indent = ' '.repeat(gutter.length + cut.length + columns(place.text.slice(from, place.column - 1)));
  return `${head}\n  ${gutter}${cut}${shown}${from + widest < place.text.length ? '…' : ''}\n  ${indent}^`;
}

/** Terminal columns of a text: wide East Asian characters take two, marks that combine take none. */
function columns(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mn}|\p{Me}/u.test(character)) continue;
    width +=
      /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/u.test(
        character,
      ) || (character.codePointAt(0) ?? 0) >= 0x1f300
        ? 2
        : 1;
  }
  return width;
}
