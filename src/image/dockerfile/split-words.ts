import { isSpace } from './words.ts';

/** Collects words: spaces that stand loose end one, spaces from quotes or escapes don't. Few ask for them. */
export class Words {
  readonly #pieces: { text: string; readonly loose: boolean }[] = [];

  #add(text: string, loose: boolean): void {
    const last = this.#pieces.at(-1);
    if (last?.loose === loose) last.text += text;
    else this.#pieces.push({ text, loose });
  }

  loose(text: string): void {
    this.#add(text, true);
  }

  fixed(text: string): void {
    this.#add(text, false);
  }

  all(): readonly string[] {
    const words: string[] = [];
    let open = '';
    for (const { text, loose } of this.#pieces) {
      for (const character of loose ? text : [text]) {
        if (!loose || !isSpace(character)) open += character;
        else if (open !== '') {
          words.push(open);
          open = '';
        }
      }
    }
    return open === '' ? words : [...words, open];
  }
}
