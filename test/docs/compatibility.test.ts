import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compatTables } from '../../scripts/compat-cells.mjs';
import { compatPage, proofsIn, type Report, type Table } from '../../scripts/compat-page.mjs';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('the page of what gets on with what', () => {
  const report = JSON.parse(read('docs/compatibility.json')) as Report;

  it('is what `npm run compat` makes of its tests, and of nothing else', async () => {
    await expect(compatPage(compatTables, report)).toMatchFileSnapshot(join(root, 'docs/compatibility.md'));
  });

  it('rests on tests that there are', () => {
    const proofs = proofsIn(compatTables).filter(({ file }) => file !== undefined);
    expect(proofs.length).toBeGreaterThan(80);
    for (const { file = '', has: [words = ''] = [] } of proofs) {
      expect(existsSync(join(root, file)), file).toBe(true);
      expect(words, file).not.toBe('');
      expect(read(file), `${file}: ${words}`).toContain(words);
    }
  });

  it('rests on no failed test', () => {
    const failed = Object.values(report.files).flatMap(({ tests }) => Object.entries(tests));
    expect(failed.filter(([, state]) => state === 'failed')).toEqual([]);
  });
});

describe('a cell', () => {
  const tables = (cell: Table['rows'][number]['cells'][string]): Table[] => [
    { title: 'T', head: 'h', columns: ['c'], rows: [{ name: '{git}', cells: { '*': cell } }] },
  ];
  const ran = (tests: Readonly<Record<string, string>>): Report => ({
    versions: { git: 'git 2.1' },
    files: { 'test/a.test.ts': { date: '2026-01-02', tests } },
  });
  const proof = { file: 'test/a.test.ts', has: ['lands', 'on git'] };
  const words = (cell: Parameters<typeof tables>[0], tests: Readonly<Record<string, string>>) =>
    /\| git 2\.1 \| (.*?)(?: <sup>1<\/sup>)? \|\n(?:\n1\. (.*))?/.exec(compatPage(tables(cell), ran(tests)))?.slice(1);

  it.each<[string, string[], Parameters<typeof tables>[0], Readonly<Record<string, string>>]>([
    ['passed where all passed that prove it', ['passed'], proof, { 'lands on git': 'passed', other: 'failed' }],
    [
      'failed where one of them did',
      ['**failed**'],
      proof,
      { 'lands on git': 'passed', 'lands again on git': 'failed' },
    ],
    [
      'not tried where they were skipped',
      ['not tried', 'no zstd'],
      { ...proof, without: 'no zstd' },
      { 'lands on git': 'skipped' },
    ],
    [
      'not tried where it skips itself',
      ['not tried', 'what it needs is missing here'],
      proof,
      { 'lands on git': 'skipped' },
    ],
    ['not tried where it ran before the test was there', ['not tried', 'its tests have not run yet'], proof, {}],
    [
      'not tried where its file never ran',
      ['not tried', 'its tests have not run yet'],
      { ...proof, file: 'test/b' },
      {},
    ],
    [
      'differs with its word, once passed',
      ['differs', 'by a tag'],
      { ...proof, differs: 'by a tag' },
      { 'lands on git': 'passed' },
    ],
    ['not tried for a reason that is given', ['not tried', 'no server'], { not: 'no server' }, {}],
  ])('is %s', (_, is, cell, tests) => {
    expect(words(cell, tests)?.filter((one) => one !== undefined)).toEqual(is);
  });

  it('of another Argo CD rests on the run there, or says why there was none', () => {
    const cell = { ...proof, argocd: '3.2.11' };
    const there = 'test/a.test.ts on Argo CD 3.2.11';
    const files = ran({ 'lands on git': 'passed' }).files;
    const pageWith = (run: Report['files'][string] | undefined) =>
      compatPage(tables(cell), { versions: {}, files: run === undefined ? files : { ...files, [there]: run } });
    expect(pageWith(undefined)).toContain('1. its tests have not run yet');
    const tests = { 'lands on git': 'failed' };
    expect(pageWith({ date: '2026-01-02', tests })).toContain('| **failed** |');
    expect(pageWith({ date: '2026-01-02', tests })).toContain(
      '- `test/a.test.ts` on Argo CD 3.2.11, 2026-01-02: one test',
    );
    const without = pageWith({ date: '2026-01-02', tests: {}, missing: 'Argo CD 3.2.11 (no Go)' });
    expect(without).toContain('1. Argo CD 3.2.11 (no Go)');
    expect(without).not.toContain('on Argo CD 3.2.11, 2026');
  });

  it('that is left out of a row is a mistake', () => {
    const [table] = tables({ not: 'x' });
    if (table === undefined) throw new Error('no table');
    expect(() => proofsIn([{ ...table, rows: [{ name: 'r', cells: {} }] }])).toThrow('No cell c of r.');
  });
});
