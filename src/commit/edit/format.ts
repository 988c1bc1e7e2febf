import type { ValueType } from '../../plan/value.ts';
import type { YamlDocument } from '../../wire/yaml.ts';
import type { SourceFile } from './document.ts';
import type { MissingValue } from './tree/find.ts';
import type { Grown } from './tree/grown.ts';

/** How a scalar is written in its file; `block` takes several lines. */
type Style = 'plain' | 'single' | 'double' | 'block';

/** The scalar to be replaced. */
export interface Slot {
  readonly style: Style;
  /** Its text in the file, for a block scalar with its header and all its lines. */
  readonly source: string;
  /** Inside `{…}` or `[…]`, where commas and brackets end a plain scalar. */
  readonly flow: boolean;
  readonly json: boolean;
  /** It has the tag `!!str`, so that whatever stands there is a string. */
  readonly string: boolean;
  /** What stands there. */
  readonly now: ValueType | 'nothing';
  /** What the value is; undefined: what stands there decides, where all readers agree on the text. */
  readonly as?: ValueType | undefined;
}

/** Bytes to put in: `text` in place of what stands from `start` to `end`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What a kind of file needs to be read and edited. Pure. */
export interface Format {
  /** A text's values with their places, as nodes of the YAML parser's. Throws FILE_SYNTAX_INVALID, FILE_TOO_DEEP. */
  readonly read: (name: string, text: string) => readonly YamlDocument[];
  /** Whether its values have types; if not, all are text. */
  readonly typed: boolean;
  readonly flat: boolean;
  /** Whether the value is to be a number or boolean: it was given as one, or takes the place of one. */
  readonly isBare: (value: string, slot: Slot) => boolean;
  /** The texts that could stand for a value in a slot, the best first. */
  readonly spellings: (value: string, slot: Slot) => readonly string[];
  /** How to add what is missing, in the file's own indentation and newlines; or why that can't be done. */
  readonly add: (file: SourceFile, at: MissingValue, grown: Grown) => Splice | string;
}

/** In double quotes: JSON's escapes, which YAML and TOML have too, and `\u` for what YAML doesn't print. */
export function doubleQuoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7F-\x9F\u2028\u2029\uFEFF\uFFFE\uFFFF]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
