import { expect, it } from 'vitest';
import { outcome, type Reach, reachRows, short } from '../../bench/reach.ts';

const atLeast40: Reach = { what: 'faster', figure: 40, is: 'at least', limit: 40, unit: '×' };
const atMost90: Reach = { what: 'peak', figure: 90, is: 'at most', limit: 90, unit: ' MB' };

it('a figure at its limit is reached', () => {
  expect(outcome(atLeast40)).toBe('reached');
  expect(outcome(atMost90)).toBe('reached');
});

it('a miss is told in percent of the limit, on whichever side it lies', () => {
  expect(outcome({ ...atLeast40, figure: 30 })).toBe('missed by 25 %');
  expect(outcome({ ...atLeast40, figure: 50 })).toBe('reached');
  expect(outcome({ ...atMost90, figure: 99 })).toBe('missed by 10 %');
  expect(outcome({ ...atMost90, figure: 45 })).toBe('reached');
});

it('a near miss is never rounded into a hit', () => {
  expect(outcome({ ...atLeast40, figure: 39.999 })).toBe('missed by < 1 %');
});

it('what was not measured is neither reached nor missed', () => {
  expect(outcome({ ...atMost90, figure: Number.NaN })).toBe('not measured');
  expect(reachRows([{ ...atMost90, figure: Number.NaN }])[1]).toEqual([
    'peak',
    'at most 90 MB',
    '–',
    '–',
    'not measured',
  ]);
});

it('figures are written with three significant digits and no exponent', () => {
  expect([0.1234, 4.567, 78.94, 1234.6].map(short)).toEqual(['0.123', '4.57', '78.9', '1235']);
  expect([0, 7, 12_345_678].map(short)).toEqual(['0', '7', '12345678']);
});
