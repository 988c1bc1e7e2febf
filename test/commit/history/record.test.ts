import fc from 'fast-check';
import { expect, it } from 'vitest';
import { recordsIn } from '../../../src/commit/history/read-branch.ts';
import { recordOf } from '../../../src/commit/history/record.ts';
import type { HistoryCommit } from '../../../src/wire/git/ancestry.ts';
import { peopleOf } from '../../../src/wire/git/pack/object.ts';
import { runs } from '../../support/runs.ts';

const who = { name: 'A', email: 'a@b.test', seconds: 1_700_000_000 };
const commit = (message: string): HistoryCommit => ({ parents: [], message, author: who, committer: who });
const of = (message: string) => recordOf({ id: 'a'.repeat(40), commit: commit(message), by: commit(message) });

it.each([
  ['no trailers', 'Fix a typo', 'other'],
  ['trailers that are no last paragraph', 'Fix\n\nTagboat-Set: a.yaml:.b=1\n\nand more', 'other'],
  ['a value without a place', 'Fix\n\nTagboat-Set: nonsense\nTagboat-Set: :.a=1\nTagboat-Set: a.yaml:.b[', 'other'],
  ['a source that is no commit', 'Fix\n\nTagboat-Source: https://h.test/a@main', 'other'],
  ['a place to hold that is none', 'Fix\n\nTagboat-Hold: here', 'other'],
  ['one good trailer among bad ones', 'Fix\n\nTagboat-Set: [\nTagboat-Set: a.yaml:.b=1=2', 'delivered'],
])('a message with %s is read as what it is', (_, message, is) => {
  expect(of(message).is).toBe(is);
});

it('takes no page but an address of the web, and no commit but an id', () => {
  const message = (run: string) =>
    `Roll back\n\nTagboat-Set: a.yaml:.b=1\nTagboat-Run: ${run}\nTagboat-Rollback-To: ../../etc`;
  expect(of(message('javascript:alert(1)'))).toMatchObject({ is: 'rolledBack', run: undefined, to: undefined });
  expect(of(message('https://ci.test/1')).run).toBe('https://ci.test/1');
});

it('takes any bytes for a commit’s message, people and times, and keeps no more than a little of them', () => {
  const words = fc.constantFrom(
    ...['Tagboat-Set: ', 'Tagboat-Source: ', 'Tagboat-Hold: ', 'Tagboat-Promote: ', 'Tagboat-Rollback-To: '],
    ...[
      'Argocd-reference-commit-date: ',
      '\n',
      '\n\n',
      'f.yaml:.a=',
      'a'.repeat(40),
      '@',
      '<',
      '>',
      '[',
      '"',
      '\u202e',
    ],
  );
  const text = fc.array(fc.oneof(words, fc.string({ unit: 'binary' })), { maxLength: 30 }).map((all) => all.join(''));
  fc.assert(
    fc.property(text, text, fc.integer(), (message, header, times) => {
      const content = Buffer.from(`tree x\nauthor ${header}\ncommitter ${header} ${times}\n\n${message.repeat(3)}`);
      const read: HistoryCommit = { parents: [], message: message.repeat(3), ...peopleOf(content) };
      const record = recordOf({ id: 'b'.repeat(40), commit: read, by: read });
      expect(new Date(record.landedAt).toISOString()).toBe(record.landedAt);
      for (const one of [record.subject, record.why, record.app, record.author.name, record.source?.subject])
        expect((one ?? '').length).toBeLessThanOrEqual(500);
      expect(record.source === undefined || /^[0-9a-f]{40,64}$/.test(record.source.commit)).toBe(true);
    }),
    { numRuns: runs(1_000) },
  );
});

it('ends on a history that runs in a circle or lacks commits', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(40)) as [string, string, string];
  const commits = new Map([
    [a, { ...commit('A'), parents: [b, c] }],
    [b, { ...commit('B'), parents: [a, 'd'.repeat(40)] }],
    [c, { ...commit('C'), parents: [c, b] }],
  ]);
  expect(recordsIn(commits, a).map(({ subject }) => subject)).toEqual(['A', 'C', 'B']);
  expect(recordsIn(commits, 'e'.repeat(40))).toEqual([]);
});
