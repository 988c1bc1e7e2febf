import type { Scalar } from 'yaml';
import type { Change } from '../../plan/outcome.ts';
import type { ValueType } from '../../plan/value.ts';
import { rangeOf, type SourceFile } from './document.ts';
import type { Slot } from './format.ts';
import type { FoundValue } from './tree/find.ts';
import { kindOf, typeOfKind } from './yaml/kind.ts';

/** A found scalar as what is to be replaced by a value of type `as`; undefined where its tag says it is something else. */
export function slotOf(file: SourceFile, { node, flow }: FoundValue, as: ValueType | undefined): Slot | undefined {
  const string = node.tag === 'tag:yaml.org,2002:str' || node.tag === '!';
  if (node.tag !== undefined && !string) return undefined;
  const [start, end] = rangeOf(node);
  const source = file.text.slice(start, end);
  const json = file.kind === 'JSON';
  const now = json || file.kind === 'YAML' ? yamlType(node, source, string) : typeOf(node.value);
  return { style: styleOf(node), source, flow, json, string, now, as };
}

/** Readers of YAML take more for numbers and booleans than its parser does. */
function yamlType(node: Scalar, source: string, string: boolean): Slot['now'] {
  return node.type === 'PLAIN' && !string ? typeOfKind(kindOf(source)) : 'text';
}

function typeOf(value: unknown): Slot['now'] {
  if (value === null) return 'nothing';
  return typeof value === 'string' ? 'text' : typeof value === 'boolean' ? 'boolean' : 'number';
}

function styleOf(node: Scalar): Slot['style'] {
  switch (node.type) {
    case 'QUOTE_SINGLE':
      return 'single';
    case 'QUOTE_DOUBLE':
      return 'double';
    case 'BLOCK_FOLDED':
    case 'BLOCK_LITERAL':
      return 'block';
    default:
      return 'plain';
  }
}

/** The types of a value before and after, where somebody may take one for the other. */
export function typesOf(before: ValueType | 'nothing', value: string, bare: boolean): Pick<Change, 'types'> {
  const looks = typeOfKind(kindOf(value));
  const after = bare && looks !== 'nothing' ? looks : 'text';
  const isTold = before === 'nothing' ? after !== looks && value !== '' : before !== after;
  return isTold ? { types: { before, after } } : {};
}

/** A value where none stood (`key:`) needs space on both sides. */
export function separated(file: SourceFile, offset: number, spelling: string): string {
  const before = /[\s]/.test(file.text[offset - 1] ?? '\n') ? '' : ' ';
  const after = /[\s,\]}]/.test(file.text[offset] ?? '\n') ? '' : ' ';
  return before + spelling + after;
}
