import type * as z from 'zod';
import { nearestWord } from '../../errors/spelling.ts';
import { TagboatError } from '../../errors.ts';
import { type ConfigPath, describePath } from '../read/config-path.ts';
import type { ConfigText } from '../read/read.ts';

type Issue = z.core.$ZodIssue;

/** A mistake in the file's shape. */
export interface ShapeMistake {
  readonly path: ConfigPath;
  /** The key is one of ours that is missing, or one that is none of ours. */
  readonly is: 'missing' | 'unknown' | 'invalid';
  readonly error: TagboatError;
}

/** The mistakes in the file's shape, in the file's own order, as errors with their places. */
export function shapeMistakes(
  config: ConfigText,
  issues: readonly Issue[],
  keysAt: (path: ConfigPath) => string[],
): ShapeMistake[] {
  return issues
    .flatMap((issue) => flatten(issue, config.value))
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys' ? issue.keys.map((key): Issue => ({ ...issue, keys: [key] })) : [issue],
    )
    .map((issue) => mistakeOf(config, issue, keysAt))
    .filter(({ path, is }) => is !== 'invalid' || !config.isUnknown(path))
    .sort((a, b) => order(a.error) - order(b.error));
}

function mistakeOf(config: ConfigText, issue: Issue, keysAt: (path: ConfigPath) => string[]): ShapeMistake {
  const error = errorOf(config, issue, keysAt);
  const path = issue.path as ConfigPath;
  if (issue.code === 'unrecognized_keys') return { path: [...path, issue.keys[0] ?? ''], is: 'unknown', error };
  return { path, is: error.code === 'CONFIG_KEY_MISSING' ? 'missing' : 'invalid', error };
}

/** By place; what is missing comes last, for it may only be misspelled. */
function order({ code, place }: TagboatError): number {
  return (code === 'CONFIG_KEY_MISSING' ? 1e9 : 0) + (place?.line ?? 0) * 10_000 + (place?.column ?? 0);
}

/** Of a union's branches, the one that was meant: the one for the kind of value that stands there. */
function flatten(issue: Issue, root: unknown): Issue[] {
  if (issue.code !== 'invalid_union' || at(root, issue.path as ConfigPath) === undefined) return [issue];
  const branches = issue.errors.map((branch) =>
    branch.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }) as Issue),
  );
  const meant = branches.filter(
    (branch) => !branch.some((one) => one.path.length === issue.path.length && one.code === 'invalid_type'),
  );
  const [only] = meant;
  if (only !== undefined) return only.flatMap((inner) => flatten(inner, root));
  const expected = branches.flatMap((branch) =>
    branch.flatMap((one) => (one.code === 'invalid_type' ? [one.expected] : [])),
  );
  return [{ ...issue, code: 'custom', message: `must be ${[...new Set(expected.map(noun))].join(' or ')}` } as Issue];
}

function errorOf(config: ConfigText, issue: Issue, keysAt: (path: ConfigPath) => string[]): TagboatError {
  const path = issue.path as ConfigPath;
  const { file } = config;
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const known = keysAt(path);
    const name = describePath(config.originOf([...path, key]));
    const place = config.placeOf([...path, key], 'key');
    return new TagboatError(
      'CONFIG_KEY_UNKNOWN',
      { file, key: name, nearest: nearestWord(key, known), known },
      { place },
    );
  }
  const key = describePath(config.originOf(path));
  if (path.length > 0 && at(config.value, path) === undefined) {
    const why = issue.code === 'invalid_type' ? `it must be ${noun(issue.expected)}` : 'it is needed';
    const place = config.placeOf(path.slice(0, -1), 'key');
    return new TagboatError('CONFIG_KEY_MISSING', { file, key, why }, { place });
  }
  const place = config.placeOf(path, 'value');
  return new TagboatError('CONFIG_VALUE_INVALID', { file, key, why: whyOf(issue) }, { place });
}

function whyOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${noun(issue.expected)}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return issue.origin === 'array' ? 'must not be empty' : `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

function noun(expected: string): string {
  const nouns: Record<string, string> = {
    string: 'text',
    int: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map',
    record: 'a map',
  };
  return nouns[expected] ?? expected;
}

function at(value: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>(
    (inner, step) => (inner as Record<string | number, unknown> | null | undefined)?.[step],
    value,
  );
}
