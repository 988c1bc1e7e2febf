import type { Colors } from 'picocolors/types.js';
import type { Env } from '../../../wire/world.ts';
import { colorsFor } from '../colors.ts';
import { oneLine } from '../printable.ts';
import { safePage } from '../report/links.ts';

/** How a product is written for people: what the stream it goes to can show. */
export interface ProductStyle {
  /** Somebody reads it as it comes: it goes to no file and no other program. */
  readonly isTerminal: boolean;
  readonly colors: Colors;
  /** A text of ours that leads to a page, where there is one and the terminal can (OSC 8). */
  readonly link: (text: string, page: string | undefined) => string;
}

/** Colours and links where stdout is a terminal: what is piped or written to a file is text alone. */
export function productStyle(env: Env, isTerminal: boolean, asked: boolean): ProductStyle {
  const colors = colorsFor({ ...env, GITHUB_ACTIONS: undefined }, isTerminal, asked);
  const links = isTerminal && colors.isColorSupported && !env.CI;
  return {
    isTerminal,
    colors,
    link: (text, page) => {
      const safe = safePage(page);
      return links && safe !== undefined ? `\u001b]8;;${safe}\u001b\\${text}\u001b]8;;\u001b\\` : text;
    },
  };
}

/** One cell of a table: a text that may be others', cut to its column, then coloured or linked. */
export interface Cell {
  readonly text: string;
  readonly as?: ((text: string) => string) | undefined;
}

/** Rows in columns as wide as their cells, within limits, the last not padded. Texts are made safe to print here. */
export function tableLines(rows: readonly (readonly Cell[])[], most: readonly number[]): string[] {
  const shown = rows.map((row) => row.map(({ text, as }, at) => ({ text: fitted(text, most[at] ?? 40), as })));
  const widths = most.map((_, at) => Math.max(0, ...shown.map((row) => row[at]?.text.length ?? 0)));
  return shown.map((row) =>
    row
      .map(({ text, as = plain }, at) => {
        const rest = at === row.length - 1 ? '' : ' '.repeat((widths[at] ?? 0) - text.length);
        return `${as(text)}${rest}`;
      })
      .join('  ')
      .trimEnd(),
  );
}

function fitted(text: string, most: number): string {
  const line = oneLine(text);
  return line.length <= most ? line : `${line.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function plain(text: string): string {
  return text;
}

/** How long ago, or how long, as people say it: `12 s`, `4 min`, `3 h`, `5 d`. */
export function age(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}
