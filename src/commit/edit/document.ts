import { isCollection, isScalar, type Node } from 'yaml';
import { placeAt } from '../../errors/place.ts';
import { TagboatError } from '../../errors.ts';
import { fileKind } from '../../plan/file-kind.ts';
import { parseYaml, type YamlDocument } from '../../wire/yaml.ts';
import { readBlockTexts } from './block-text.ts';

/** A file taken apart only to know where things are. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
  readonly json: boolean;
  readonly documents: readonly YamlDocument[];
}

const largest = 1024 * 1024;
const deepest = 256;
const mostDocuments = 1_000;

/** A file's bytes as what `parseSource` makes of them; its text, encoded again, gives the same bytes. Throws FILE_*. */
export function parseBytes(name: string, bytes: Uint8Array): SourceFile {
  fileKind(name);
  return parseSource(name, decode(name, bytes));
}

function decode(name: string, bytes: Uint8Array): string {
  if (bytes.byteLength > largest) {
    throw new TagboatError('FILE_TOO_LARGE', { file: name, size: bytes.byteLength, limit: largest });
  }
  if (bytes.includes(0)) throw new TagboatError('FILE_BINARY', { file: name, why: 'it holds a NUL byte' });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new TagboatError('FILE_BINARY', { file: name, why: 'its bytes are no valid UTF-8' }, { cause });
  }
}

/** Parses a file as its name says. Throws FILE_KIND_UNKNOWN, FILE_SYNTAX_INVALID or FILE_TOO_DEEP. */
export function parseSource(name: string, text: string): SourceFile {
  const json = fileKind(name) === 'JSON';
  if (json) checkJson(name, text);
  else checkNewlines(name, text);
  const documents = parseYaml(text, { depth: deepest, documents: mostDocuments });
  if (documents === undefined) throw new TagboatError('FILE_TOO_DEEP', { file: name, limit: deepest });
  for (const document of documents) {
    const [error] = document.errors;
    if (error === undefined) continue;
    throw new TagboatError(
      'FILE_SYNTAX_INVALID',
      {
        file: name,
        format: json ? 'JSON' : 'YAML',
        why: error.message,
        isTemplate: !json && /\{\{-?\s*[.$\w("]/.test(text),
      },
      // Values files may hold secrets: the line's text stays there.
      { place: placeAt(name, text, error.pos[0], 'nothing'), cause: error },
    );
  }
  for (const document of documents) readBlockTexts(text, document);
  return { name, text, json, documents };
}

function checkJson(name: string, text: string): void {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    // V8's message quotes the file; its first words and the position are enough.
    const found = /position (\d+)/.exec(String(cause))?.[1];
    const offset = Math.min(found === undefined ? text.length : Number(found), text.length);
    const why = found === undefined ? 'it ends too early.' : 'unexpected character.';
    throw new TagboatError(
      'FILE_SYNTAX_INVALID',
      { file: name, format: 'JSON', why },
      { place: placeAt(name, text, offset, 'nothing') },
    );
  }
}

/** A lone CR is a line break to some readers of YAML and none to others, so the same file has two meanings. */
function checkNewlines(name: string, text: string): void {
  const lone = text.search(/\r(?!\n)/);
  if (lone < 0) return;
  throw new TagboatError(
    'FILE_SYNTAX_INVALID',
    { file: name, format: 'YAML', why: 'a carriage return without a line feed, which readers understand differently.' },
    { place: placeAt(name, text, lone, 'nothing') },
  );
}

/** Start, end of the value, end with the comment after it. Every node that was parsed has it. */
export function rangeOf(node: Node): readonly [number, number, number] {
  if (node.range === null || node.range === undefined) throw new Error('a parsed node without a range');
  return node.range;
}

/** The text of a map's key, or undefined where it is no scalar. */
export function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return key.type === 'PLAIN' && typeof key.source === 'string' ? key.source : String(key.value);
}

/** The text of a scalar as a reader sees it, whatever its type. */
export function valueText(node: unknown): string | undefined {
  return keyText(node);
}

export function isFlow(node: unknown): boolean {
  return isCollection(node) && node.flow === true;
}

/** A key's place. The line is shown up to the key alone, and not where values stand before it: they may be secrets. */
export function keyPlace(file: SourceFile, offset: number) {
  const rest = /^(?:"[^"\r\n]*"|'[^'\r\n]*'|[^\s:,{}[\]]+)/.exec(file.text.slice(offset, offset + 200))?.[0] ?? '';
  return placeUpTo(file, offset, offset + rest.length);
}

/** A place whose line is shown up to `end`, unless something other than a key stands before it. */
export function placeUpTo(file: SourceFile, offset: number, end: number) {
  const before = file.text.slice(Math.max(file.text.lastIndexOf('\n', offset - 1) + 1, offset - 200), offset);
  return placeAt(file.name, file.text, offset, /^[\uFEFF\s-]*(?:[^\s:,{}[\]]+:\s*)?$/.test(before) ? end : 'nothing');
}
