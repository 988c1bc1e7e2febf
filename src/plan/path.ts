import { TagboatError } from '../errors.ts';

/** One condition of a list selector: the value under `keys` reads as `value`. */
export interface PathCondition {
  readonly keys: readonly string[];
  readonly value: string;
}

/** One step into a value: a map's key, a list's index (negative counts from the end), or a list item by its fields. */
export type PathStep =
  | { readonly is: 'key'; readonly key: string }
  | { readonly is: 'index'; readonly index: number }
  | { readonly is: 'where'; readonly conditions: readonly PathCondition[] };

/** A part of an image reference, `repository:tag@digest`. */
export type ImagePart = 'tag' | 'digest';

/** A path taken apart. `document` chooses one of a multi-document file; without it the path itself has to. */
export interface ValuePath {
  readonly document: Exclude<PathStep, { is: 'key' }> | undefined;
  readonly steps: readonly PathStep[];
  /** The one part of the image reference there that is meant; undefined: the whole value. */
  readonly part?: ImagePart | undefined;
}

const longest = 1_000;
const bareKey = /[\p{L}\p{N}_\-/@$+~]/u;

/**
 * Takes a path apart: `.front.imageTag`, `.images[name=app].newTag`, `.list[0]`, `.list[-1]`, `."a.b"`, `["a.b"]`,
 * before it `doc[1]` or `doc[kind=Deployment,metadata.name=web]`, and after it `#tag` or `#digest` for that part of an
 * image reference. Throws PATH_SYNTAX_INVALID.
 */
export function parsePath(text: string): ValuePath {
  const { path, end } = scanPath(text, 0);
  if (end !== text.length) fail(text, end, `${shown(text, end)} can't stand here`);
  return path;
}

/** The path at `start`, up to the first character that can't belong to it. Throws PATH_SYNTAX_INVALID. */
export function scanPath(text: string, start: number): { path: ValuePath; end: number } {
  const at = { text, index: start };
  let document: ValuePath['document'];
  if (text.startsWith('doc[', start)) {
    at.index += 3;
    const step = bracket(at);
    if (step.is === 'key') fail(text, start + 4, 'a document is chosen by its number or by its fields');
    document = step;
  }
  const steps: PathStep[] = [];
  for (;;) {
    if (at.index - start > longest) fail(text, at.index, `a path is at most ${longest} characters long`);
    const next = text[at.index];
    if (next === '[') {
      steps.push(bracket(at));
    } else if (next === '.') {
      at.index += 1;
      // jq's spelling of a list at the root: `.[0]`.
      if (text[at.index] !== '[') steps.push({ is: 'key', key: key(at) });
    } else break;
  }
  if (steps.length === 0) {
    const why =
      text[start] === undefined
        ? 'the path is empty'
        : /^\(|^select\b/.test(text.slice(start))
          ? 'a path is no expression: an item of a list is chosen by its fields, .images[name=app].newTag'
          : 'a path starts with "." and names a value in the file';
    fail(text, at.index, why);
  }
  const part = /^#(tag|digest)(?![\p{L}\p{N}_-])/u.exec(text.slice(at.index, at.index + 20))?.[1] as
    | ImagePart
    | undefined;
  if (part === undefined && text[at.index] === '#') {
    fail(text, at.index, 'after # comes the part of an image reference to set: #tag or #digest');
  }
  return { path: { document, steps, part }, end: at.index + (part === undefined ? 0 : part.length + 1) };
}

/** A path as people write it: the inverse of `parsePath`. */
export function formatPath(path: ValuePath): string {
  const document = path.document === undefined ? '' : `doc${formatStep(path.document)}`;
  const steps = path.steps.map(formatStep).join('');
  const part = path.part === undefined ? '' : `#${path.part}`;
  return document + (steps.startsWith('.') || document !== '' ? steps : `.${steps}`) + part;
}

/** A place as one text, by which two spellings of its path are the same. A path that is none is what it looks like. */
export function placeKey({ file, path }: { readonly file: string; readonly path: string }): string {
  // Most are spelt as they would be anyway.
  if (/^(?:\.[A-Za-z][A-Za-z0-9]*)+$/.test(path)) return `${file}\n${path}`;
  try {
    return `${file}\n${formatPath(parsePath(path))}`;
  } catch (error) {
    if (error instanceof TagboatError) return `${file}\n${path}`;
    throw error;
  }
}

/** The last of these that is about this place. */
export function lastAt<T extends { readonly file: string; readonly path: string }>(
  those: readonly T[],
  place: { readonly file: string; readonly path: string },
): T | undefined {
  const key = placeKey(place);
  return those.findLast((one) => placeKey(one) === key);
}

function formatStep(step: PathStep): string {
  if (step.is === 'index') return `[${step.index}]`;
  if (step.is === 'key') return `.${quoted(step.key)}`;
  const conditions = step.conditions.map(({ keys, value }) => `${keys.map(quoted).join('.')}=${quoted(value)}`);
  return `[${conditions.join(',')}]`;
}

function quoted(text: string): string {
  const bare = text !== '' && [...text].every((character) => bareKey.test(character));
  return bare ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

interface Cursor {
  readonly text: string;
  index: number;
}

function bracket(at: Cursor): PathStep {
  const open = at.index;
  at.index += 1;
  const index = /^-?\d{1,9}(?=\])/.exec(at.text.slice(at.index, at.index + 12))?.[0];
  if (index !== undefined) {
    at.index += index.length + 1;
    return { is: 'index', index: Number(index) };
  }
  const each = /^(?:\*|\?[^\]]*)?\]/.exec(at.text.slice(at.index))?.[0];
  if (each !== undefined) fail(at.text, at.index, oneOfAll(each));
  const conditions: PathCondition[] = [];
  for (;;) {
    const keys = [key(at)];
    if (conditions.length === 0 && at.text[at.index] === ']' && isQuote(at.text[open + 1])) {
      at.index += 1;
      return { is: 'key', key: keys[0] ?? '' };
    }
    while (at.text[at.index] === '.') {
      at.index += 1;
      keys.push(key(at));
    }
    if (at.text[at.index] !== '=') {
      fail(at.text, at.index, 'brackets hold an index [0], a field to look for [name=app], or a quoted key ["a.b"]');
    }
    at.index += 1;
    conditions.push({ keys, value: wanted(at) });
    const next = at.text[at.index];
    at.index += 1;
    if (next === ']') return { is: 'where', conditions };
    if (next !== ',') fail(at.text, open, 'this bracket is never closed');
  }
}

function key(at: Cursor): string {
  if (isQuote(at.text[at.index])) return quote(at);
  const start = at.index;
  let character = String.fromCodePoint(at.text.codePointAt(at.index) ?? 0);
  while (at.index < at.text.length && bareKey.test(character)) {
    at.index += character.length;
    character = String.fromCodePoint(at.text.codePointAt(at.index) ?? 0);
  }
  if (at.index === start)
    fail(at.text, start, `${shown(at.text, start)} stands where a key should (quote it: ."a key")`);
  return at.text.slice(start, at.index);
}

/** What to write for yq's and JSONPath's ways to mean all items, or those that fit. */
function oneOfAll(bracket: string): string {
  if (bracket.startsWith('?')) return 'an item is chosen by its fields, [name=app]';
  return 'one place is set and not each of a list: choose the item by its number, [0], or by its fields, [name=app], which stands for select(.name == "app")';
}

/** What a field should be: anything up to `,` or `]`, or quoted. */
function wanted(at: Cursor): string {
  if (isQuote(at.text[at.index])) return quote(at);
  const start = at.index;
  while (at.index < at.text.length && !',]'.includes(at.text[at.index] ?? '')) at.index += 1;
  return at.text.slice(start, at.index);
}

function quote(at: Cursor): string {
  const open = at.index;
  const mark = at.text[open];
  let value = '';
  for (at.index += 1; at.index < at.text.length; at.index += 1) {
    const character = at.text[at.index] ?? '';
    if (character === mark) {
      at.index += 1;
      return value;
    }
    // Only the mark and the backslash are escaped; in a shell's single quotes the path reads as it stands.
    const escaped = character === '\\' && mark === '"';
    if (escaped) at.index += 1;
    value += escaped ? (at.text[at.index] ?? '') : character;
  }
  return fail(at.text, open, 'this quote is never closed');
}

function isQuote(character: string | undefined): boolean {
  return character === '"' || character === "'";
}

function shown(text: string, index: number): string {
  const character = text.codePointAt(index);
  return character === undefined ? 'the end' : JSON.stringify(String.fromCodePoint(character));
}

function fail(path: string, index: number, reason: string): never {
  throw new TagboatError('PATH_SYNTAX_INVALID', { path: path.slice(0, 200), column: index + 1, reason });
}
