import { parse } from 'yaml';

/** A text as a YAML scalar that reads as that text. */
export function scalar(text: string): string {
  try {
    if (text !== '' && !/^\s|\s$|\n/.test(text) && parse(`a: ${text}`).a === text) return text;
  } catch {
    // Then it needs quotes.
  }
  return JSON.stringify(text);
}

/** A text as a key of a YAML map. */
export function key(text: string): string {
  try {
    const [only] = Object.keys(parse(`${text}: x`));
    if (only === text) return text;
  } catch {
    // Then it needs quotes.
  }
  return JSON.stringify(text);
}
