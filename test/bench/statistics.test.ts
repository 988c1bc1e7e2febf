import { expect, it } from 'vitest';
import { median, range, ratio } from '../../bench/statistics.ts';

it('the median is the middle value, whatever the order', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([100, 2, 10])).toBe(10);
});

it('the median of nothing is not a number, so that a missing measurement never looks like a fast one', () => {
  expect(median([])).toBeNaN();
  expect(ratio([], [1, 2])).toBeNaN();
  expect(ratio([1, 2], [])).toBeNaN();
});

it('a ratio compares figures of the same round, so a slow spell that hits both leaves it as it was', () => {
  expect(ratio([10, 10, 10], [2, 2, 2])).toBe(5);
  expect(ratio([10, 40, 50], [2, 8, 10])).toBe(5);
});

it('a round that only one side finished counts for nothing', () => {
  expect(ratio([10, 30, 1000], [1, 3])).toBe(10);
});

it('the range is the lowest and the highest value', () => {
  expect(range([3, 1, 2])).toEqual([1, 3]);
});
