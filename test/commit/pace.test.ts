import fc from 'fast-check';
import { expect, it } from 'vitest';
import { patienceMs, restAfterPublishing, restInQueue, restWhileGathering } from '../../src/commit/pace.ts';

const trip = fc.integer({ min: 1, max: 60_000 });
const chance = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

it('no rest is longer than a few seconds, however slow the host and however many the others', () => {
  fc.assert(
    fc.property(trip, chance, fc.nat(1_000), fc.nat(1_000), (tripMs, random, others, looks) => {
      for (const ms of [
        restAfterPublishing(others, tripMs, random),
        restInQueue(looks, others, tripMs, random),
        restWhileGathering(tripMs, random),
      ]) {
        expect(ms).toBeGreaterThan(0);
        expect(ms).toBeLessThanOrEqual(5_500);
      }
    }),
  );
});

it('whoever stands in front comes back first, but for the jitter', () => {
  const rests = [1, 10, 50, 200].map((place) => restInQueue(1, place, 40, 0.5));
  expect(rests).toEqual(rests.toSorted((a, b) => a - b));
  expect(new Set(rests).size).toBe(rests.length);
});

it('the second in the queue is patient for as long as a landing may take, and those behind it for longer', () => {
  expect(patienceMs(1, 10)).toBeGreaterThanOrEqual(1_500);
  expect(patienceMs(1, 400)).toBeGreaterThanOrEqual(20 * 400);
  expect(patienceMs(3, 400)).toBe(3 * patienceMs(1, 400));
});
