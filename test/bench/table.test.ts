import { expect, it } from 'vitest';
import { table } from '../../bench/table.ts';

it('columns are padded, and figures stand to the right', () => {
  const rows = [
    ['Flow', 'Seconds'],
    ['clone', '12.5'],
    ['tagboat', '0.5'],
  ];
  expect(table(rows)).toBe(
    [
      '| Flow    | Seconds |', //
      '| ------- | ------: |',
      '| clone   |    12.5 |',
      '| tagboat |     0.5 |',
    ].join('\n'),
  );
});

it('a missing figure leaves its column one of figures', () => {
  expect(table([['Faster'], ['–'], ['3×']]).split('\n')[1]).toBe('| -----: |');
});

it('a row that is too short is filled up', () => {
  expect(table([['One', 'Two'], ['a']]).split('\n')[2]).toBe('| a   |     |');
});
