import { controls, escapeSequences } from '../printable.ts';

/** A text as it reads once something is taken out or decoded, and where each of its units stood in the text it is from. */
export interface Layer {
  readonly text: string;
  /** Undefined: where they stand. */
  readonly from?: Uint32Array;
  readonly to?: Uint32Array;
}

/** Encodings inside encodings are followed this far: a URL in JSON in a string of JSON. */
const deepest = 4;

/**
 * All that a text may be read as: as it is; without what a terminal would swallow, and without the characters alone;
 * and each of these with percent-encoding, character references of HTML, and escapes of JSON undone, layer by layer.
 */
export function layersOf(raw: string): Layer[] {
  const whole: Layer = { text: raw };
  const squeezed = squeeze(whole);
  const layers = new Set([whole, squeezed]);
  // An escape sequence begins with a control character: a text that has none is read twice less.
  if (squeezed !== whole) layers.add(squeeze(rewrite(whole, escapeSequences, nothing)));
  for (const start of [...layers]) {
    let layer = start;
    for (let depth = 0; depth < deepest; depth++) {
      const decoded = rewrite(layer, encoded, decode);
      if (decoded === layer) break;
      layers.add(decoded).add(squeeze(decoded));
      layer = decoded;
    }
  }
  const all = [...layers];
  return all.filter(({ text }, at) => all.findIndex((other) => other.text === text) === at);
}

/** A text without control and format characters, and without line breaks and what they indent by. */
export function squeezedText(text: string): string {
  return squeeze({ text }).text;
}

const breaks = new RegExp(`[\\r\\n]+[ \\t]*|${controls.source}|[\\n\\p{Cf}]`, 'gu');

function squeeze(layer: Layer): Layer {
  return rewrite(layer, breaks, nothing);
}

const nothing = (): string => '';

/** Percent-encoded UTF-8 (RFC 3986), character references (HTML), escapes of JSON and JavaScript. */
const encoded =
  /%[2-7][0-9a-f]|%0[0-9a-f]|(?:%[89a-f][0-9a-f])+|&#\d{1,7};|&#x[0-9a-f]{1,6};|&[a-z]{2,6};|\\u[0-9a-f]{4}|\\u\{[0-9a-f]{1,6}\}|\\x[0-9a-f]{2}|\\./gi;

const named: Readonly<Record<string, string>> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', plus: '+', sol: '/', equals: '=', lowbar: '_' },
  ...{ colon: ':', period: '.', hyphen: '-', dash: '-', commat: '@', num: '#', excl: '!', ast: '*', dollar: '$' },
};

function decode(code: string): string {
  if (code.startsWith('%')) return Buffer.from(code.replaceAll('%', ''), 'hex').toString();
  if (code.startsWith('&#')) {
    return character(/^&#x/i.test(code) ? Number.parseInt(code.slice(3), 16) : Number.parseInt(code.slice(2), 10));
  }
  if (code.startsWith('&')) return named[code.slice(1, -1).toLowerCase()] ?? code;
  if (code.length > 2) return character(Number.parseInt(code.replace(/[^0-9a-f]/gi, ''), 16));
  const escaped = code.slice(1);
  return 'nrtbfv0'.includes(escaped) ? '\n' : escaped;
}

/** Half a surrogate pair is joined by the other half that follows. */
function character(point: number): string {
  return point <= 0x10ffff ? String.fromCodePoint(point) : '';
}

/** The layer with each match replaced. All of a replacement stands where the match stood. */
function rewrite(layer: Layer, pattern: RegExp, replaced: (match: string) => string): Layer {
  // Most texts have nothing to replace, and most of what is printed is such texts.
  if (layer.text.search(pattern) < 0) return layer;
  const matches = layer.text.matchAll(pattern);
  const pieces: { readonly text: string; readonly start: number; readonly end: number; readonly same: boolean }[] = [];
  let last = 0;
  for (const match of matches) {
    pieces.push({ text: layer.text.slice(last, match.index), start: last, end: match.index, same: true });
    last = match.index + match[0].length;
    pieces.push({ text: replaced(match[0]), start: match.index, end: last, same: false });
  }
  pieces.push({ text: layer.text.slice(last), start: last, end: layer.text.length, same: true });
  const text = pieces.map((piece) => piece.text).join('');
  const [from, to] = [new Uint32Array(text.length), new Uint32Array(text.length)];
  let at = 0;
  for (const piece of pieces) {
    for (let i = 0; i < piece.text.length; i++, at++) {
      from[at] = startIn(layer, piece.same ? piece.start + i : piece.start);
      to[at] = endIn(layer, piece.same ? piece.start + i : piece.end - 1);
    }
  }
  return { text, from, to };
}

/** Where a layer's unit began in the first text, and where it ended. */
export function startIn({ from }: Layer, at: number): number {
  return from?.[at] ?? at;
}

export function endIn({ to }: Layer, at: number): number {
  return to?.[at] ?? at + 1;
}
