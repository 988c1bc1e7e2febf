import { posix } from 'node:path';
import { TagboatError } from '../../errors.ts';
import { deepMatcher, type Matcher } from './glob.ts';

// No path is longer (PATH_MAX), and every wildcard is one more way to match each of its characters.
const longestPattern = 4096;
const mostWildcards = 32;

interface Rule {
  readonly keeps: boolean;
  readonly matches: Matcher;
}

/** What matching a folder said, rule by rule: what a rule says of a folder holds for all that is in it. */
export type FolderMatch = readonly boolean[];

/** Which paths a list of patterns leaves out. */
export interface Ignore {
  /** Whether there is a `!` pattern, so that something may be kept inside of a folder left out. */
  readonly keepsSome: boolean;
  /** Whether `path` (with slashes, from the context's root) is left out, and what to pass on for paths below it. */
  test(path: string, folder: FolderMatch | undefined): { readonly out: boolean; readonly match: FolderMatch };
}

/** Reads a .dockerignore file (moby/patternmatcher's rules). Throws DOCKERIGNORE_INVALID with the line. */
export function readDockerignore(text: string, file: string): Ignore {
  const rules: Rule[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (line.startsWith('#')) continue;
    const pattern = line.trim();
    if (pattern === '') continue;
    const rule = ruleOf(rooted(pattern));
    if (typeof rule !== 'string') rules.push(rule);
    else if (rule !== '') {
      const place = { file, line: index + 1, column: line.indexOf(pattern) + 1, text: line };
      throw new TagboatError('DOCKERIGNORE_INVALID', { pattern, reason: rule }, { place });
    }
  }
  return ignoreOf(rules);
}

/** The patterns of `--exclude` as one list. Throws DOCKERIGNORE_INVALID. */
export function readExcludes(patterns: readonly string[]): Ignore {
  return ignoreOf(
    patterns.flatMap((pattern) => {
      const rule = ruleOf(pattern.trim());
      if (typeof rule !== 'string') return [rule];
      if (rule === '') return [];
      throw new TagboatError('DOCKERIGNORE_INVALID', { pattern, reason: rule });
    }),
  );
}

function ignoreOf(rules: readonly Rule[]): Ignore {
  return {
    keepsSome: rules.some((rule) => rule.keeps),
    test: (path, folder) => {
      let out = false;
      const match = rules.map((rule, index) => {
        const above = folder?.[index] === true;
        // A rule that can change nothing isn't asked, and then doesn't count as matched for what is below either.
        const matched = above || (rule.keeps === out && rule.matches(path));
        if (matched) out = !rule.keeps;
        return matched;
      });
      return { out, match };
    },
  };
}

/** The pattern from the context's root: `/x`, `./x` and `x` are the same. */
function rooted(pattern: string): string {
  const keeps = pattern.startsWith('!');
  const bare = keeps ? pattern.slice(1).trim() : pattern;
  const clean = bare === '' ? '' : withoutSlash(posix.normalize(bare));
  return (keeps ? '!' : '') + (clean.length > 1 && clean.startsWith('/') ? clean.slice(1) : clean);
}

/** A rule, or the reason why the pattern makes none; an empty reason for an empty pattern. */
function ruleOf(pattern: string): Rule | string {
  if (pattern === '') return '';
  const clean = withoutSlash(posix.normalize(pattern.trim()));
  const keeps = clean.startsWith('!');
  const bare = keeps ? clean.slice(1) : clean;
  if (bare === '') return 'nothing stands after the "!"';
  if (bare.length > longestPattern) return `it is longer than ${longestPattern} characters`;
  if ((bare.match(/\*+/g) ?? []).length > mostWildcards) return `it has more than ${mostWildcards} wildcards`;
  // Docker takes `**x` without further wildcards for "ends in x", so that `**.md` covers a.md too.
  const ending = /^\*\*([^*?[\]\\]*)$/.exec(bare)?.[1];
  if (ending !== undefined) return { keeps, matches: (path) => `/${path}`.endsWith(ending) };
  const matches = deepMatcher(bare);
  return matches === undefined ? 'its brackets or its last backslash have no end' : { keeps, matches };
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
