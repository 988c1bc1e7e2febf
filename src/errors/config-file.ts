import { entry, exitCodes } from './codes.ts';

const exit = exitCodes.configRepo;

/** What an edit finds in the files of a config repo. */
export const configFileErrors = {
  FILE_KIND_UNKNOWN: entry<{ file: string }>(
    exitCodes.config,
    ({ file }) => `Nothing in ${file} can be set: by its name it is of no kind that is known.`,
    'Files are known by their names: .yaml, .yml, Kustomization, .json, .toml, .env, .properties and .tfvars. Name such a file.',
  ),
  FILE_BINARY: entry<{ file: string; why: string }>(
    exit,
    ({ file, why }) => `${file} isn't a text file in UTF-8: ${why}.`,
    'Name a file of text, or save it as UTF-8.',
  ),
  FILE_TOO_LARGE: entry<{ file: string; size: number; limit: number }>(
    exit,
    ({ file, size, limit }) => `${file} has ${size} bytes; files are edited up to ${limit}.`,
    'Move the value to a smaller values file of its own.',
  ),
  FILE_TOO_DEEP: entry<{ file: string; limit: number }>(
    exit,
    ({ file, limit }) => `${file} nests deeper than ${limit} levels, or holds more documents than are read.`,
    'Move the value to a values file of its own.',
  ),
  FILE_SYNTAX_INVALID: entry<{ file: string; format: string; why: string; isTemplate?: boolean }>(
    exit,
    ({ file, format, why }) => `${file} isn't valid ${format}: ${why}`,
    ({ format, isTemplate }) =>
      isTemplate === true
        ? "It looks like a template of a Helm chart, which is YAML only once Helm has filled it in: set the value in the chart's values file."
        : `Correct the file in the config repo; nothing is edited in a file that isn't valid ${format}.`,
  ),
  CONFIG_PATH_MISSING: entry<{
    file: string;
    path: string;
    why: string;
    nearest: string | undefined;
    creatable?: boolean;
  }>(
    exit,
    ({ file, path, why }) => `${file} has no ${path}: ${why}.`,
    ({ nearest, creatable }) => {
      const correct = nearest === undefined ? 'Correct the path' : `Did you mean ${nearest}? If not, correct the path`;
      return creatable === true ? `${correct}, or set \`create: true\` (--create) to add it.` : `${correct}.`;
    },
  ),
  PATH_NOT_A_SCALAR: entry<{ file: string; path: string; is: 'map' | 'list'; nearest: string | undefined }>(
    exit,
    ({ file, path, is }) => `${path} in ${file} is a ${is}, not a single value.`,
    ({ nearest }) => `Go on to the value inside it${nearest === undefined ? '.' : `, for example ${nearest}.`}`,
  ),
  PATH_IS_ALIAS: entry<{
    file: string;
    path: string;
    alias: string;
    anchor: { line: number; column: number } | undefined;
  }>(
    exit,
    ({ file, path, alias }) =>
      `${path} in ${file} comes from the alias *${alias}, so setting it would change other places too.`,
    ({ file, alias, anchor }) =>
      anchor === undefined
        ? 'Replace the alias with a value of its own.'
        : `Set the path of the anchor &${alias} at ${file}:${anchor.line}:${anchor.column} to change all of them, or give this place a value of its own.`,
  ),
  VALUE_HAS_ALIASES: entry<{ file: string; path: string; lines: readonly number[] }>(
    exit,
    ({ file, path, lines }) =>
      `${path} in ${file} is repeated by aliases on ${lines.length === 1 ? 'line' : 'lines'} ${lines.join(', ')}, which would change with it.`,
    'Give those places values of their own, or say that they are to change too: `allow: [aliases]` (--allow aliases).',
  ),
  DIGEST_BESIDE_TAG: entry<{ file: string; path: string; digest: string; line: number }>(
    exit,
    ({ file, path, digest, line }) =>
      `${path} in ${file} would change nothing: ${digest} on line ${line} stands beside it, and an image is pulled by its digest.`,
    ({ digest }) =>
      `Set ${digest} too, to "{digest.NAME}" of the image${digest.includes('#') ? '' : ', or to "" so that the tag counts'}. If nothing reads it: \`allow: [digest]\` (--allow digest).`,
  ),
  PATH_AMBIGUOUS: entry<{ file: string; path: string; matches: readonly string[] }>(
    exit,
    ({ file, path, matches }) => `${path} in ${file} fits ${matches.length} places: ${matches.join(', ')}.`,
    'Say which: doc[1].path or doc[kind=Deployment].path for one document, [name=app] with more fields for one item.',
  ),
  PATH_KEY_DUPLICATE: entry<{ file: string; path: string; key: string; lines: readonly number[] }>(
    exit,
    ({ file, path, key, lines }) =>
      `${file} has the key "${key}" of ${path} ${lines.length} times in one map, on lines ${lines.join(', ')}.`,
    'Readers disagree on which of them counts: keep one.',
  ),
  VALUE_SET_TWICE: entry<{ file: string; path: string; values: readonly [string, string] }>(
    exitCodes.config,
    ({ file, path, values }) =>
      `${path} in ${file} is set twice, to ${JSON.stringify(values[0])} and to ${JSON.stringify(values[1])}.`,
    'Leave one of them out; one place may be spelt in two ways, such as .front.tag and ["front"].tag.',
  ),
  EDIT_REFUSED: entry<{ file: string; path: string; why: string }>(
    exit,
    ({ file, path, why }) => `${path} in ${file} can't be set without touching something else: ${why}.`,
    'Write that value in the file by hand once, as a plain or quoted value; after that it can be set.',
  ),
} as const;
