import { TagboatError } from '../../errors.ts';
import { type FileKind, fileKind } from '../../plan/file-kind.ts';
import type { SourceFile } from './document.ts';
import type { Format } from './format.ts';
import { env } from './formats/env.ts';
import { properties } from './formats/properties.ts';
import { tfvars } from './formats/tfvars.ts';
import { toml } from './formats/toml.ts';
import { json, yaml } from './yaml/yaml.ts';

const formats: Readonly<Record<FileKind, Format>> = {
  YAML: yaml,
  JSON: json,
  TOML: toml,
  dotenv: env,
  properties,
  tfvars,
};

const largest = 1024 * 1024;

/** A file's bytes as what `parseSource` makes of them; its text, encoded again, gives the same bytes. Throws FILE_*. */
export function parseBytes(name: string, bytes: Uint8Array): SourceFile {
  fileKind(name);
  return parseSource(name, decode(name, bytes));
}

/** Parses a file as its name says. Throws FILE_KIND_UNKNOWN, FILE_SYNTAX_INVALID or FILE_TOO_DEEP. */
export function parseSource(name: string, text: string): SourceFile {
  const kind = fileKind(name);
  const { flat, read } = formats[kind];
  return { name, text, kind, flat, documents: read(name, text) };
}

export function formatOf({ kind }: Pick<SourceFile, 'kind'>): Format {
  return formats[kind];
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
