import { expand } from './expand.ts';
import type { Heredoc } from './instruction.ts';
import { Misread } from './invalid.ts';
import { jsonStrings, type Split, split } from './words.ts';

/** `<<NAME`, `<<-NAME`, `<<"NAME"`: what a word announces. */
export type Announced = Omit<Heredoc, 'content'>;

/** The heredoc that a word announces, or undefined when it is an ordinary word. */
export function announced(word: string): Announced | undefined {
  const match = /^\d*<<(-?)[\t\n\f\r ]*([^<]*)$/.exec(word);
  const rest = match?.[2] ?? '';
  if (rest === '') return undefined;
  const plain = words(rest, false);
  const [name] = plain;
  if (name === undefined || plain.length !== 1) return undefined;
  // Quotes that reading takes away mean that the content is taken as it is.
  const quotes = (text: string) => text.length - text.replaceAll(/['"]/g, '').length;
  return { name, expand: quotes(name) === quotes(words(rest, true)[0] ?? ''), chomp: match?.[1] === '-' };
}

/** The same for a word of COPY or ADD, where an open quote only means that it is an ordinary word. */
export function heredocWord(word: string): Announced | undefined {
  try {
    return announced(word);
  } catch (error) {
    if (error instanceof Misread) return undefined;
    throw error;
  }
}

/** All heredocs that an instruction's line announces, in order. */
function announcements(line: string): Announced[] {
  let found: readonly string[];
  try {
    const raw = { escape: '\\', rawQuotes: true, rawEscapes: true, keepUnset: true };
    found = expand(line, () => undefined, raw).words;
  } catch (error) {
    // An open quote is a mistake that the shell reports, not the Dockerfile's.
    if (error instanceof Misread) return [];
    throw error;
  }
  return found.map(announced).filter((heredoc) => heredoc !== undefined);
}

/** The content with leading tabs taken off each line. */
export function chomped(content: string): string {
  return content.replaceAll(/^\t+/gm, '');
}

function words(text: string, rawQuotes: boolean): readonly string[] {
  return expand(text, () => undefined, { escape: '\\', rawQuotes, keepUnset: true }).words;
}

/** Heredocs that an instruction announces; only ADD, COPY and RUN without JSON have any. */
export function heredocsOf(parts: Split, line: string, escape: string): ReturnType<typeof announcements> {
  const inner = parts.keyword.toLowerCase() === 'onbuild' ? split(parts.rest, escape) : parts;
  const able = ['add', 'copy', 'run'].includes(inner.keyword.toLowerCase());
  return able && line.includes('<<') && jsonStrings(inner.rest.text) === undefined ? announcements(line) : [];
}
