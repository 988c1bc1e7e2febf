import { literally } from '../../../wire/text/pattern.ts';
import { endIn, type Layer, layersOf, squeezedText, startIn } from './layers.ts';

/** Takes secrets out of all that is printed. */
export interface Scrubber {
  /** Registers a secret. Values under four characters would blank ordinary words and are left alone. */
  readonly add: (secret: string) => void;
  /** The text with every registered secret, in any form a program may print it, whole or cut, as `***`. */
  readonly text: (text: string) => string;
  /** Any JSON-like value with every string in it scrubbed, keys included. Functions and symbols are dropped. */
  readonly value: (value: unknown) => unknown;
}

const mark = '***';
const shortest = 4;
/** A fragment of base64 this short turns up in ordinary words. */
const shortestFragment = 8;
/** So much of a long secret is taken for it, whatever became of the rest: texts are cut where they are too long. */
const telling = 12;
/** At the end of a long text, where it was probably cut, less is enough. */
const tellingAtEnd = 6;
const long = 200;
const mostTold = 500;

type Range = readonly [start: number, end: number];

export function createScrubber(): Scrubber {
  const forms = new Set<string>();
  /** Where secrets that can be told by a part begin and end. */
  const parts = new Set<string>();
  /** Those of which a cut may have left the beginning or the end. */
  const cuttable = new Set<string>();
  let pattern: RegExp | undefined;
  let partly: RegExp | undefined;
  /** Short texts as they came out: the same keys and words are told again and again. */
  const told = new Map<string, string>();

  const add = (secret: string): void => {
    const before = forms.size;
    for (const form of formsOf(secret)) forms.add(form);
    if (forms.size === before) return;
    told.clear();
    for (const form of forms) {
      if (/\s|:\/\/|^-----/.test(form)) continue;
      if (form.length >= 2 * telling) parts.add(form);
      cuttable.add(form);
    }
    // Longest first: a secret that contains another must not leave its ends behind.
    pattern = anyOf([...forms].sort((a, b) => b.length - a.length));
    const ends = [...parts].flatMap((form) => [form.slice(0, telling), form.slice(-telling)]);
    partly = ends.length === 0 ? undefined : anyOf([...new Set(ends)]);
  };

  const found = (layer: Layer): Range[] => {
    const { text } = layer;
    const ranges: Range[] = [];
    const take = (start: number, end: number): void => {
      ranges.push([startIn(layer, start), endIn(layer, end - 1)]);
    };
    for (const [start, end] of matches(pattern, text)) {
      const around = isFragment(text.slice(start, end)) ? 4 : 0;
      take(start - runBefore(text, start, around), end + runAfter(text, end, around));
    }
    for (const [start, end] of matches(partly, text)) {
      for (const form of parts) {
        if (form.startsWith(text.slice(start, end)))
          take(start, start + commonStart(text.slice(start, start + form.length), form));
        if (form.endsWith(text.slice(start, end)))
          take(end - commonEnd(text.slice(Math.max(0, end - form.length), end), form), end);
      }
    }
    if (text.length < long) return ranges;
    // What says that it was cut stands outside of it.
    const last = text.slice(-long);
    const end = text.length - last.length + last.replace(/[\s.…]*(?:\([^()]{0,40}\))?[\s.…]*$/, '').length;
    const begin = /^[\s.…]*/.exec(text.slice(0, long))?.[0].length ?? 0;
    for (const form of cuttable) takeCut(text, form, [begin, end], take);
    return ranges;
  };

  const once = (raw: string): string => {
    const ranges = layersOf(raw)
      .flatMap(found)
      .sort(([a], [b]) => a - b);
    let clean = '';
    let last = 0;
    for (const [start, end] of ranges) {
      // What overlaps or touches is one.
      if (start > last || clean === '') clean += raw.slice(last, start) + mark;
      last = Math.max(last, end);
    }
    return clean + raw.slice(last);
  };

  const text = (raw: string): string => {
    if (pattern === undefined || raw.length < shortest) return raw;
    let clean = told.get(raw);
    if (clean !== undefined) return clean;
    clean = raw;
    // A replacement can complete another occurrence ("xx***" for the secret "x***"); each round is shorter, so it ends.
    for (let next = once(clean); next.length < clean.length; next = once(clean)) clean = next;
    if (told.size >= mostTold) told.clear();
    if (raw.length <= long) told.set(raw, clean);
    return clean;
  };

  const value = (raw: unknown): unknown => {
    if (typeof raw === 'string') return text(raw);
    if (Array.isArray(raw)) return raw.map(value);
    if (raw === null || typeof raw !== 'object') return raw;
    const own = 'toJSON' in raw && typeof raw.toJSON === 'function' ? raw.toJSON() : raw;
    if (own !== raw) return value(own);
    return Object.fromEntries(Object.entries(raw).map(([key, inner]) => [text(key), value(inner)]));
  };

  return { add, text, value };
}

/** Where the pattern matches, those that overlap too. */
function* matches(pattern: RegExp | undefined, text: string): Generator<Range> {
  if (pattern === undefined) return;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    yield [match.index, match.index + match[0].length];
    pattern.lastIndex = match.index + 1;
  }
}

/** What a cut left of a secret at the end of a text or at its beginning. */
function takeCut(text: string, form: string, [begin, end]: Range, take: (start: number, end: number) => void): void {
  const from = Math.max(0, end - form.length);
  const tail = text.slice(from, end);
  const head = form.slice(0, tellingAtEnd);
  for (let at = tail.indexOf(head); at >= 0; at = tail.indexOf(head, at + 1)) {
    if (form.startsWith(tail.slice(at))) take(from + at, end);
  }
  const start = text.slice(begin, begin + form.length);
  const last = form.slice(-tellingAtEnd);
  for (let at = start.indexOf(last); at >= 0; at = start.indexOf(last, at + 1)) {
    if (form.endsWith(start.slice(0, at + tellingAtEnd))) take(begin, begin + at + tellingAtEnd);
  }
}

function commonStart(text: string, form: string): number {
  let length = 0;
  while (length < text.length && text[length] === form[length]) length++;
  return length;
}

function commonEnd(text: string, form: string): number {
  let length = 0;
  while (length < text.length && text.at(-1 - length) === form.at(-1 - length)) length++;
  return length;
}

const ofBase64 = /^[A-Za-z0-9+/_-]$/;

/** Whether it may be the middle of a longer base64, whose groups at either end hold some of the secret too. */
function isFragment(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/_-]+$/.test(text);
}

function runBefore(text: string, start: number, most: number): number {
  let length = 0;
  while (length < most && ofBase64.test(text[start - length - 1] ?? '')) length++;
  return length;
}

function runAfter(text: string, end: number, most: number): number {
  let length = 0;
  while (length < most && ofBase64.test(text[end + length] ?? '')) length++;
  return length;
}

/** Every shape in which a program may print the secret, but for what `layersOf` undoes. */
function formsOf(secret: string): string[] {
  const whole = secret.trim();
  if (whole.length < shortest) return [];
  const plain = squeezedText(whole);
  const bytes = Buffer.from(whole);
  // Through UTF-8 and back: half a surrogate pair would make the encoder throw.
  const percent = encodeURIComponent(bytes.toString());
  return [
    secret,
    whole,
    plain,
    // A form's own way (URLSearchParams) of writing a blank.
    plain.replaceAll(' ', '+'),
    percent,
    new URLSearchParams({ '': whole }).toString().slice(1),
    JSON.stringify(whole).slice(1, -1),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...fragments(bytes),
    ...lines(whole),
  ].filter((text) => text.trim().length >= shortest);
}

/**
 * What every base64 text that has the secret somewhere inside (`user:secret`, a JSON file) must contain: one fragment
 * for each of the three ways in which the secret can fall on the 3-byte groups.
 */
function fragments(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const skip = (3 - before) % 3;
    // Only whole groups made of the secret's own bytes are the same whatever stands around it.
    const own = bytes.subarray(skip, skip + Math.floor((bytes.length - skip) / 3) * 3);
    const encoded = own.toString('base64');
    if (encoded.length < shortestFragment) return [];
    return [encoded, encoded.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** The lines of a key file one by one, since logs are printed by the line. Its BEGIN and END lines are no secret. */
function lines(secret: string): string[] {
  if (!secret.includes('\n')) return [];
  return secret
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= 16 && !line.startsWith('-----'));
}

function anyOf(texts: readonly string[]): RegExp {
  return new RegExp(texts.map(literally).join('|'), 'g');
}
