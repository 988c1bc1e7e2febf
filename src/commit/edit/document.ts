import { isCollection, isScalar, type Node } from 'yaml';
import { placeAt } from '../../errors/place.ts';
import { TagboatError } from '../../errors.ts';
import type { FileKind } from '../../plan/file-kind.ts';
import type { YamlDocument } from '../../wire/yaml.ts';

/** A file taken apart only to know where things are. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
  readonly kind: FileKind;
  /** Nothing is inside of anything, and keys may hold dots: `.a.b` is the key `a.b`. */
  readonly flat: boolean;
  readonly documents: readonly YamlDocument[];
}

/** Levels of nesting; what follows the nodes may recurse. */
export const deepest = 256;

/** Throws FILE_SYNTAX_INVALID. Values files may hold secrets: the line's text stays there. */
export function syntaxInvalid(
  { name, text, kind }: Pick<SourceFile, 'name' | 'text' | 'kind'>,
  why: string,
  offset: number,
  more: { readonly isTemplate?: boolean; readonly cause?: unknown } = {},
): never {
  const place = placeAt(name, text, offset, 'nothing');
  const data = { file: name, format: kind, why, isTemplate: more.isTemplate === true };
  throw new TagboatError('FILE_SYNTAX_INVALID', data, { place, cause: more.cause });
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
  const rest = /^(?:"[^"\r\n]*"|'[^'\r\n]*'|[^\s:=,{}[\]]+)/.exec(file.text.slice(offset, offset + 200))?.[0] ?? '';
  return placeUpTo(file, offset, offset + rest.length);
}

/** A place whose line is shown up to `end`, unless something other than a key stands before it. */
export function placeUpTo(file: SourceFile, offset: number, end: number) {
  const before = file.text.slice(Math.max(file.text.lastIndexOf('\n', offset - 1) + 1, offset - 200), offset);
  return placeAt(file.name, file.text, offset, /^[\uFEFF\s-]*(?:[^\s:,{}[\]]+:\s*)?$/.test(before) ? end : 'nothing');
}

/** Before the newline of the line that holds `offset`; at the offset itself where it already begins a line. */
export function lineEnd(text: string, offset: number): number {
  if (text[offset - 1] === '\n') return offset;
  const newline = text.indexOf('\n', offset);
  if (newline < 0) return text.length;
  return text[newline - 1] === '\r' ? newline - 1 : newline;
}

export function newlineOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? '\n';
}
