import { isMap, isScalar, type Scalar, visit } from 'yaml';
import { TagboatError } from '../../../errors.ts';
import { fileKind } from '../../../plan/file-kind.ts';
import type { VariableValue } from '../../../plan/pull-request.ts';
import { beginning } from '../../../wire/text/shorten.ts';
import { keyText, rangeOf, type SourceFile, valueText } from '../document.ts';
import { doubleQuoted } from '../format.ts';
import { formatOf, parseSource } from '../parse.ts';
import { isPlain } from '../yaml/scalar.ts';
import { type FilePiece, piecesOf } from './pieces.ts';

/** A file to be made of a template. */
interface Filling {
  /** The file that is written, whose name says what it is. */
  readonly file: string;
  /** The template, as people know it. */
  readonly template: string;
  readonly bytes: Uint8Array;
  readonly values: Readonly<Record<string, VariableValue>>;
}

/**
 * The bytes of a template with its variables filled in; what is no UTF-8 text has none and stays as it is. In YAML and
 * JSON a value keeps to its scalar: it is escaped, or quoted where it would read as something else than text, and the file
 * is read again to have the template's shape. Elsewhere only values that mean the same in every format are taken. Pure.
 * Throws TEMPLATE_UNRESOLVED, FILE_SYNTAX_INVALID, WRITE_VALUE_UNFIT.
 */
export function fillFile({ file, template, bytes, values }: Filling): Uint8Array {
  const text = textIn(bytes);
  if (text === undefined) return bytes;
  const pieces = piecesOf(text, template, values);
  const used = new Map<string, Used>();
  const nonce = freeNumber(text);
  // Stands for a value while the template is read: a number for what is one, else a word.
  const made = pieces.map((piece, at) => {
    if (typeof piece === 'string') return piece;
    const { variable } = piece;
    const isNumber = variable === 'pr' && isAlone(pieces[at - 1] ?? '', pieces[at + 1] ?? '');
    const known = used.get(`${variable} ${isNumber}`);
    const value = values[variable]?.text ?? '';
    const mark = known?.mark ?? `${isNumber ? '' : 'v'}${nonce + used.size}`;
    used.set(`${variable} ${isNumber}`, { mark, value: variable === 'pr' ? value : oneLine(value), variable });
    return mark;
  });
  const fill = filler([...used.values()]);
  const read = readAs(file, template, made.join(''));
  const done =
    read === undefined ? plainly(made.join(''), [...used.values()], fill, file, template) : within(read, fill, nonce);
  if (read !== undefined && !hasShape(read, done, file, fill)) {
    throw new TagboatError('WRITE_VALUE_UNFIT', { file, template, why: whyBroken([...used.values()]) });
  }
  return new TextEncoder().encode(done);
}

interface Used {
  readonly variable: string;
  readonly mark: string;
  readonly value: string;
}

/** Whether nothing of a scalar's stands around a value: `1.{pr}` and `0{pr}` would be other numbers than they look like. */
function isAlone(before: FilePiece, after: FilePiece): boolean {
  if (typeof before !== 'string' || typeof after !== 'string') return false;
  return /(?:^|[\s,:[{])$/.test(before) && /^(?:[\s,\]}]|:\s|$)/.test(after);
}

type Fill = (text: string, escape?: (value: string) => string) => string;

function filler(used: readonly Used[]): Fill {
  if (used.length === 0) return (text) => text;
  const marks = new RegExp(used.map(({ mark }) => mark).join('|'), 'g');
  const values = new Map(used.map(({ mark, value }) => [mark, value]));
  return (text, escape = (value) => value) => text.replace(marks, (mark) => escape(values.get(mark) ?? ''));
}

/** What has no scalars to keep to: values of characters that are text in every format. */
function plainly(text: string, used: readonly Used[], fill: Fill, file: string, template: string): string {
  // What is only known once an image is there stands in a plan as in the template.
  const odd = used.find(({ value, variable }) => !/^[\w./:@+-]*$/.test(value) && value !== `{${variable}}`);
  if (odd === undefined) return fill(text);
  const why = `{${odd.variable}} is ${JSON.stringify(beginning(odd.value, 80))}, and in a file that is no YAML or JSON a value may have letters, digits and ./:@+-_ alone`;
  throw new TagboatError('WRITE_VALUE_UNFIT', { file, template, why });
}

/** Every scalar with its values in its own style, comments as they come. */
function within({ text, documents }: SourceFile, fill: Fill, nonce: number): string {
  const scalars: Scalar[] = [];
  for (const document of documents) visit(document, { Scalar: (_, node) => void scalars.push(node) });
  let done = '';
  let end = 0;
  for (const node of scalars.filter(({ range }) => range)) {
    const [start, stop] = rangeOf(node);
    const source = text.slice(start, stop);
    if (start < end || !source.includes(String(nonce).slice(0, -3))) continue;
    done += fill(text.slice(end, start)) + spelt(node, source, fill);
    end = stop;
  }
  return done + fill(text.slice(end));
}

function spelt({ type, value }: Scalar, source: string, fill: Fill): string {
  if (type === 'QUOTE_DOUBLE') return fill(source, (one) => doubleQuoted(one).slice(1, -1));
  if (type === 'QUOTE_SINGLE') return fill(source, (one) => one.replaceAll("'", "''"));
  const filled = fill(source);
  // A number whose digits are a value is one afterwards too, and a block text has no end on its own line.
  if (type !== 'PLAIN' || typeof value !== 'string' || filled === source) return filled;
  const text = fill(value);
  return isPlain(text, true) ? filled : doubleQuoted(text);
}

/** Whether a text reads as the template does, each scalar with its values in it and of the type that it had. */
function hasShape(template: SourceFile, text: string, file: string, fill: Fill): boolean {
  let made: SourceFile;
  try {
    made = parseSource(file, text);
  } catch (error) {
    if (error instanceof TagboatError) return false;
    throw error;
  }
  const [before, after] = [outline(template, fill), outline(made, (one) => one)];
  return before.length === after.length && before.every((one, at) => one === after[at]);
}

/** A file's nodes in their order, each in a word. */
function outline({ documents }: SourceFile, fill: Fill): string[] {
  return documents.flatMap((document) => {
    const nodes: string[] = ['document'];
    visit(document, {
      Node: (key, node, path) => {
        const anchor = 'anchor' in node ? fill(node.anchor ?? '') : '';
        const about = [key, path.length, node.constructor.name, fill(node.tag ?? ''), anchor];
        const scalar = isScalar(node) ? [typeof node.value, fill(valueText(node) ?? '')] : [];
        // Two keys that are one by now hide a value.
        const keys = isMap(node) ? [new Set(node.items.map((pair) => keyText(pair.key))).size] : [];
        const source = 'source' in node && !isScalar(node) ? [fill(String(node.source))] : [];
        nodes.push(JSON.stringify([...about, ...scalar, ...keys, ...source]));
      },
    });
    return nodes;
  });
}

/** The template as what its target is; undefined where it is none before another program has read it (a chart's own). */
function readAs(file: string, template: string, text: string): SourceFile | undefined {
  const kind = /\.json$/i.test(file) ? 'JSON' : isYaml(file) ? 'YAML' : undefined;
  if (kind === undefined) return undefined;
  try {
    return { name: template, text, kind, flat: false, documents: formatOf({ kind }).read(template, text) };
  } catch (error) {
    if (error instanceof TagboatError && error.code === 'FILE_SYNTAX_INVALID' && text.includes('{{')) return undefined;
    throw error;
  }
}

function isYaml(file: string): boolean {
  try {
    return fileKind(file) === 'YAML';
  } catch {
    return false;
  }
}

/** A number of nine digits whose first six the text doesn't have. */
function freeNumber(text: string): number {
  let number = 731_904_000;
  while (text.includes(String(number).slice(0, -3))) number += 1_000;
  return number;
}

function textIn(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** On one line: a line break in a comment or a block text would be the end of it. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\uFEFF\uFFFE\uFFFF]+/gu, ' ');
}

function whyBroken(used: readonly Used[]): string {
  const names = [...new Set(used.map(({ variable }) => `{${variable}}`))].join(', ');
  return `with ${names} filled in it would no longer be read as the template is; put quotes around them there`;
}
