import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { errorWords } from '../../../src/errors.ts';

const root = resolve(import.meta.dirname, '../../..');
function textsBelow(...folders: string[]): string {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => readFileSync(join(root, folder, name), 'utf8')),
    )
    .join('\n');
}

/** The codes of findings: what a finding is made with, in the source. */
function codesIn(source: string): string[] {
  const errors = new Set<string>([...errorWords()].map(([code]) => code));
  const made = /(?:code: |\b(?:found|say)\(\s*)'([A-Z]+(?:_[A-Z]+)+)'/g;
  return [...new Set([...source.matchAll(made)].map(([, code = '']) => code))]
    .filter((code) => !errors.has(code))
    .sort();
}

const codes = codesIn(textsBelow('src/entry/doctor', 'src/auth/iam'));

it('every code of a finding is expected by a test that causes it', () => {
  const tests = textsBelow('test/entry/doctor', 'test/auth/iam').replace(/^.*codesIn.*$/gm, '');
  expect(codes.length).toBeGreaterThan(45);
  expect(codes.filter((code) => !new RegExp(`['" ]${code}\\b`).test(tests))).toEqual([]);
});

it('the page of findings has every code, and no other', () => {
  const page = readFileSync(join(root, 'docs/reference/findings.md'), 'utf8');
  expect([...page.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code).sort()).toEqual(codes);
});
