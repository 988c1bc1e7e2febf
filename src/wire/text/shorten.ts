/*
 * Texts of others are cut far below of where secrets are known and taken out. So no cut goes through a word: half of a
 * secret would be known by nobody, and a whole one is taken out later.
 */

/** The beginning of a text, at most so many characters, up to the end of a word. */
export function beginning(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = text.slice(0, most);
  if (/\s/.test(text[most] ?? '')) return kept;
  const cut = /\S*$/.exec(kept)?.[0] ?? '';
  // A page without a blank is cut beside what no token has in it.
  const lost = cut.length <= most / 2 ? cut : (/[\w+/=.~%\\-]*$/.exec(cut)?.[0] ?? '');
  return kept.slice(0, kept.length - lost.length);
}

/** The end of a text, at most so many characters, from the beginning of a word. */
export function ending(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = text.slice(text.length - most);
  if (/\s/.test(text[text.length - most - 1] ?? '')) return kept;
  const cut = /^\S*/.exec(kept)?.[0] ?? '';
  const lost = cut.length <= most / 2 ? cut : (/^[\w+/=.~%\\-]*/.exec(cut)?.[0] ?? '');
  return kept.slice(lost.length);
}

/** The beginning of a peer's words, as a piece of a sentence. */
export function firstWords(text: string): string {
  return beginning(text.trim().split('\n')[0] ?? '', 200);
}
