import { Document, type Node, Pair, type ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { YamlDocument } from '../../../wire/yaml.ts';

/** A value's text from start to end, in UTF-16 units. */
export type Span = readonly [start: number, end: number];

/** Something that has the place of a value and is none that can be read or set; `why` ends a sentence. */
export class Opaque extends Scalar {
  readonly why: string;
  constructor(text: string, [start, end]: Span, why: string) {
    super(text.slice(start, end));
    this.why = why;
    this.type = 'PLAIN';
    this.source = text.slice(start, end);
    this.range = [start, end, end];
  }
}

/** Nodes as the YAML parser makes them, for files that it can't read: what walks and compares them needs no other tree. */
export const made = {
  document(contents: YAMLMap, length: number): YamlDocument {
    const document = new Document<ParsedNode>(undefined) as unknown as YamlDocument;
    document.contents = contents as unknown as ParsedNode;
    document.range = [0, length, length];
    return document;
  },
  /** A map; `inline` has it between braces in one place of the file. */
  map([start, end]: Span, inline: boolean): YAMLMap {
    const map = new YAMLMap();
    map.range = [start, end, end];
    map.flow = inline;
    return map;
  },
  list([start, end]: Span, inline: boolean): YAMLSeq {
    const list = new YAMLSeq();
    list.range = [start, end, end];
    list.flow = inline;
    return list;
  },
  /** `source` is a plain scalar's text in the file. */
  scalar(value: unknown, [start, end]: Span, type: Scalar.Type, source?: string): Scalar {
    const scalar = new Scalar(value);
    scalar.type = type;
    if (source !== undefined) scalar.source = source;
    scalar.range = [start, end, end];
    return scalar;
  },
  key(text: string, span: Span): Scalar {
    return made.scalar(text, span, 'QUOTE_DOUBLE');
  },
  pair(key: Scalar, value: Node): Pair {
    return new Pair(key, value);
  },
};
