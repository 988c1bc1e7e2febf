import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isError } from '../../../src/errors.ts';
import { readDockerignore } from '../../../src/image/context/dockerignore.ts';
import { globMatcher, hasWildcard } from '../../../src/image/context/glob.ts';
import { runs } from '../../support/runs.ts';

/** Asks as the walk does: folder by folder. */
function ignored(text: string, path: string): boolean {
  const ignore = readDockerignore(text, '.dockerignore');
  let match: readonly boolean[] | undefined;
  let out = false;
  const parts = path.split('/');
  for (let depth = 1; depth <= parts.length; depth++) {
    ({ out, match } = ignore.test(parts.slice(0, depth).join('/'), match));
  }
  return out;
}

describe('.dockerignore', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['a', ['a', 'a/b'], ['b/a', 'ab']],
    ['/a/', ['a', 'a/b/c'], ['b/a']],
    ['./a/../b', ['b'], ['a']],
    ['*', ['a', 'b/c'], []],
    ['*/c', ['a/c', 'a/c/d'], ['c', 'a/b/c']],
    ['a?', ['ab'], ['a', 'abc', 'a/b']],
    ['[a-c]x', ['ax', 'cx'], ['dx']],
    ['[^a]x', ['bx'], ['ax']],
    ['**/x', ['x', 'a/x', 'a/b/x/y'], ['ax']],
    ['a/**', ['a/b', 'a/b/c'], ['a', 'b']],
    ['a/**/z', ['a/z', 'a/b/c/z'], ['z']],
    ['**', ['a', 'b/c'], []],
    ['**.md', ['x.md', 'a/x.md'], ['md']],
    ['*\n!a', ['b', 'b/c'], ['a', 'a/b']],
    ['a\n!a/keep', ['a', 'a/b'], ['a/keep', 'a/keep/x']],
    ['!a\na', ['a'], []],
    ['# c\n#a\n\n  b  ', ['b'], ['a', '#a']],
    ['a+(b).c', ['a+(b).c'], ['aab.c']],
    ['x\\*', ['x*'], ['xy']],
    ['\uFEFFa\r\nb\r\n', ['a', 'b'], ['c']],
  ])('%j', (text, out, kept) => {
    expect(out.filter((path) => !ignored(text, path))).toEqual([]);
    expect(kept.filter((path) => ignored(text, path))).toEqual([]);
  });

  it.each([
    ['!', 1],
    ['a\n[b', 2],
    ['a\n\nb\\', 3],
  ])('%j is refused with its line', (text, line) => {
    expect(() => readDockerignore(text, '.dockerignore')).toThrow();
    try {
      readDockerignore(text, '.dockerignore');
    } catch (error) {
      expect(error).toMatchObject({ code: 'DOCKERIGNORE_INVALID', exitCode: 4, place: { line } });
    }
  });

  it('is read or refused, whatever stands in it', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a!*?[\]\\/.#^\- \n]{0,20}$/),
        fc.stringMatching(/^[ab](\/[ab]){0,3}$/),
        (text, path) => {
          try {
            ignored(text, path);
          } catch (error) {
            expect(isError(error, 'DOCKERIGNORE_INVALID')).toBe(true);
          }
        },
      ),
      { numRuns: runs(3_000) },
    );
  });
});

describe('wildcards of COPY', () => {
  it.each<[string, string, boolean | undefined]>([
    ['*.txt', 'a.txt', true],
    ['*', 'a/b', false],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'axxbyyd', false],
    ['?', 'é', true],
    ['[a-c]', 'b', true],
    ['[^a-c]', 'b', false],
    ['[]a]', ']', undefined],
    ['[\\]]', ']', true],
    ['\\*', '*', true],
    ['a\\', 'a', undefined],
    ['[a', 'a', undefined],
    ['[a-]', '-', undefined],
  ])('%s on %s', (pattern, path, matches) => {
    expect(globMatcher(pattern)?.(path)).toBe(matches);
  });

  it('are told from escaped ones', () => {
    expect(['a*', 'a?', 'a[b]', 'a\\*b*'].every(hasWildcard)).toBe(true);
    expect(['a', 'a\\*', 'a\\\\b', 'a]'].some(hasWildcard)).toBe(false);
  });

  it('take no time that grows with the ways in which a star could match', () => {
    expect(globMatcher('*a'.repeat(100))?.(`${'a'.repeat(2_000)}b`)).toBe(false);
  });
});
