import { entry, exitCodes } from './codes.ts';

const exit = exitCodes.configRepo;

export const configRepoErrors = {
  // The files in it: what an edit finds there.
  FILE_BINARY: entry<{ file: string; why: string }>(
    exit,
    ({ file, why }) => `${file} isn't a text file in UTF-8: ${why}.`,
    () => 'Name a YAML or JSON file, or save it as UTF-8.',
  ),
  FILE_TOO_LARGE: entry<{ file: string; size: number; limit: number }>(
    exit,
    ({ file, size, limit }) => `${file} has ${size} bytes; files are edited up to ${limit}.`,
    () => 'Move the value to a smaller values file of its own.',
  ),
  FILE_TOO_DEEP: entry<{ file: string; limit: number }>(
    exit,
    ({ file, limit }) => `${file} nests deeper than ${limit} levels, or holds more documents than are read.`,
    () => 'Move the value to a values file of its own.',
  ),
  FILE_SYNTAX_INVALID: entry<{ file: string; format: 'YAML' | 'JSON'; why: string }>(
    exit,
    ({ file, format, why }) => `${file} isn't valid ${format}: ${why}`,
    ({ format }) => `Correct the file in the config repo; nothing is edited in a file that isn't valid ${format}.`,
  ),
  CONFIG_PATH_MISSING: entry<{ file: string; path: string; why: string; nearest: string | undefined }>(
    exit,
    ({ file, path, why }) => `${file} has no ${path}: ${why}.`,
    ({ nearest }) =>
      `${nearest === undefined ? 'Correct the path' : `Did you mean ${nearest}? If not, correct the path`}, or set \`create: true\` (--create) to add it where it is missing from a map.`,
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
  PATH_AMBIGUOUS: entry<{ file: string; path: string; matches: readonly string[] }>(
    exit,
    ({ file, path, matches }) => `${path} in ${file} fits ${matches.length} places: ${matches.join(', ')}.`,
    () =>
      'Say which: doc[1].path or doc[kind=Deployment].path for one document, [name=app] with more fields for one item.',
  ),
  PATH_KEY_DUPLICATE: entry<{ file: string; path: string; key: string; lines: readonly number[] }>(
    exit,
    ({ file, path, key, lines }) =>
      `${file} has the key "${key}" of ${path} ${lines.length} times in one map, on lines ${lines.join(', ')}.`,
    () => 'Readers disagree on which of them counts: keep one.',
  ),
  EDIT_REFUSED: entry<{ file: string; path: string; why: string }>(
    exit,
    ({ file, path, why }) => `${path} in ${file} can't be set without touching something else: ${why}.`,
    () => 'Write that value in the file by hand once, as a plain or quoted value; after that it can be set.',
  ),
} as const;
