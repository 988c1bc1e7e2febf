import { doubleQuoted, type Slot } from '../format.ts';
import { isFaithful, kindOf, typeOfKind } from './kind.ts';

/**
 * The texts that could stand for `value` in the slot, the best first: in the slot's own style, then quoted.
 *
 * The value's type, unless it is known: a string, quoted where it would read as anything else. One exception: where a
 * plain number or boolean is replaced by one that every reader gives back as the same text, it stays one
 * (`replicas: 3` becomes `replicas: 5`, but `tag: 1.9` becomes `tag: "1.10"`).
 */
export function spellings(value: string, slot: Slot): string[] {
  const bare = isBare(value, slot);
  if (slot.json) return [bare ? value : doubleQuoted(value)];
  if (slot.style === 'block') return inBlock(value, slot.source, bare);
  if (bare) return [value];
  const fits: string[] = [];
  if (slot.style === 'plain' && isPlain(value, slot.flow, slot.string)) fits.push(value);
  if (slot.style !== 'double' && isPrintable(value) && (slot.style === 'single' || /["\\]/.test(value))) {
    fits.push(`'${value.replaceAll("'", "''")}'`);
  }
  fits.push(doubleQuoted(value));
  return fits;
}

/** Whether the value is to be a number or boolean: it was given as one, or takes the place of one. */
export function isBare(value: string, slot: Slot): boolean {
  if (slot.string || slot.as === 'text') return false;
  if (slot.as !== undefined) return true;
  if (slot.style !== 'plain' || !isFaithful(value)) return false;
  return slot.now === typeOfKind(kindOf(value));
}

/** Whether the text, unquoted, reads as itself and as a string. */
export function isPlain(text: string, flow: boolean, tagged = false): boolean {
  if (!tagged && kindOf(text) !== 'string') return false;
  if (text === '' || !isPrintable(text) || text !== text.trim()) return false;
  if (/^[,[\]{}#&*!|>'"%@`]/.test(text) || /^(?:[?:]|-(?![\p{L}\p{N}]))/u.test(text)) return false;
  if (/:(?:\s|$)|\s#/.test(text) || text.startsWith('...')) return false;
  // Older readers end a plain scalar at "?" in flow collections too.
  return !(flow && /[,[\]{}?]/.test(text));
}

/** Printable on one line for YAML 1.1 and 1.2 alike; 1.1 breaks lines at U+0085, U+2028 and U+2029 too. */
function isPrintable(text: string): boolean {
  return !/[^\x20-\x7E\xA0-\u2027\u202A-\uD7FF\uE000-\uFEFE\uFF00-\uFFFD\u{10000}-\u{10FFFF}]/u.test(text);
}

function inBlock(value: string, source: string, bare: boolean): string[] {
  const { mark, comment, newline, content, after } = takeBlockApart(source);
  if (bare) return [value + comment + after];
  const quoted = doubleQuoted(value) + comment + after;
  const lines = value.replace(/\n$/, '').split('\n');
  const indents = content.split('\n').filter((line) => line.trim() !== '');
  const indent = indents.reduce((least, line) => Math.min(least, line.search(/[^ ]/)), Number.POSITIVE_INFINITY);
  // Where the file ends with the text and no newline, some readers see none at the text's end either.
  if (value.endsWith('\n') && after === '') return [quoted];
  const fits = lines.every((line) => isPrintable(line) && line !== '' && !line.startsWith(' '));
  if (!fits || indent === 0 || !Number.isFinite(indent)) return [quoted];
  // Folding would join several lines.
  const style = lines.length > 1 ? '|' : mark;
  const chomp = value.endsWith('\n') ? '' : '-';
  const body = lines.map((line) => ' '.repeat(indent) + line).join(newline);
  return [`${style}${chomp}${comment}${newline}${body}${after}`, quoted];
}

/** A block scalar's mark, the rest of its header line, its lines, and what follows the last line that isn't blank. */
function takeBlockApart(source: string) {
  const headerEnd = lineEnd(source, 0);
  const header = /^([|>])[-+0-9]*(.*)$/s.exec(source.slice(0, headerEnd));
  let last = source.length - 1;
  while (last > headerEnd && ' \t\r\n'.includes(source[last] ?? '')) last -= 1;
  const contentEnd = last <= headerEnd ? headerEnd : lineEnd(source, last);
  return {
    mark: header?.[1] ?? '|',
    comment: header?.[2] ?? '',
    newline: source[headerEnd] === '\r' ? '\r\n' : '\n',
    content: source.slice(headerEnd, contentEnd),
    // A line of blanks may be one of the text; after another value its tabs would be a mistake to some readers.
    after: source.slice(contentEnd).replaceAll('\t', ''),
  };
}

/** Where the line that holds `from` ends, before its CR or LF. */
function lineEnd(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  if (newline < 0) return text.length;
  return newline > from && text[newline - 1] === '\r' ? newline - 1 : newline;
}
