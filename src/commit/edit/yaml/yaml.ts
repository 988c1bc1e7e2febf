import { TagboatError } from '../../../errors.ts';
import { parseYaml, type YamlDocument } from '../../../wire/yaml.ts';
import { deepest, syntaxInvalid } from '../document.ts';
import type { Format } from '../format.ts';
import { readBlockTexts } from './block-text.ts';
import { add } from './create.ts';
import { isBare, spellings } from './scalar.ts';

export const yaml: Format = { read: readYaml, typed: true, flat: false, isBare, spellings, add };

export const json: Format = {
  ...yaml,
  read: (name, text) => {
    checkJson(name, text);
    return parsed(name, text, 'JSON');
  },
};

const mostDocuments = 1_000;

function readYaml(name: string, text: string): readonly YamlDocument[] {
  // A line break to some readers of YAML and none to others, so the same file has two meanings.
  const lone = text.search(/\r(?!\n)/);
  const why = 'a carriage return without a line feed, which readers understand differently.';
  if (lone >= 0) syntaxInvalid({ name, text, kind: 'YAML' }, why, lone);
  return parsed(name, text, 'YAML');
}

function parsed(name: string, text: string, kind: 'YAML' | 'JSON'): readonly YamlDocument[] {
  const documents = parseYaml(text, { depth: deepest, documents: mostDocuments });
  if (documents === undefined) throw new TagboatError('FILE_TOO_DEEP', { file: name, limit: deepest });
  for (const document of documents) {
    const [cause] = document.errors;
    if (cause === undefined) continue;
    const isTemplate = kind === 'YAML' && /\{\{-?\s*[.$\w("]/.test(text);
    syntaxInvalid({ name, text, kind }, cause.message, cause.pos[0], { isTemplate, cause });
  }
  for (const document of documents) readBlockTexts(text, document);
  return documents;
}

function checkJson(name: string, text: string): void {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    // V8's message quotes the file; its first words and the position are enough.
    const found = /position (\d+)/.exec(String(cause))?.[1];
    const offset = Math.min(found === undefined ? text.length : Number(found), text.length);
    const why = found === undefined ? 'it ends too early.' : 'unexpected character.';
    syntaxInvalid({ name, text, kind: 'JSON' }, why, offset);
  }
}
