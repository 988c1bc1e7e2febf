import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isCrowded, staleMs } from '../../../src/commit/land/crowd.ts';
import { patienceMs, restAfterPublishing, restInQueue, restWhileGathering } from '../../../src/commit/queue/pace.ts';

const trip = fc.integer({ min: 1, max: 60_000 });
const chance = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const queue = fc.record({ ageMs: fc.nat(10 ** 9), crowd: fc.nat(1_000), joinedMs: fc.nat(10 ** 9) });
const joinedMs = 60_000;

it('no rest is longer than a few seconds, however slow the host and however many the others', () => {
  fc.assert(
    fc.property(trip, chance, queue, fc.nat(1_000), (tripMs, random, waiting, looks) => {
      for (const ms of [
        restAfterPublishing(tripMs, random),
        restInQueue(waiting, looks, tripMs, random),
        restWhileGathering(tripMs, random),
      ]) {
        expect(ms).toBeGreaterThan(0);
        expect(ms).toBeLessThanOrEqual(5_500);
      }
    }),
  );
});

it('the longer the first in the queue has waited, the sooner its landing is looked for', () => {
  const rests = [0, 100, 200, 300].map((ageMs) => restInQueue({ ageMs, crowd: 8, joinedMs }, 0, 40, 0.5));
  expect(rests).toEqual(rests.toSorted((a, b) => b - a));
  expect(new Set(rests).size).toBe(rests.length);
});

it('whoever looked in vain waits longer than the time before, and longer among many', () => {
  const late = { ageMs: 60_000, crowd: 8, joinedMs };
  expect(restInQueue(late, 2, 40, 0.5)).toBeGreaterThan(restInQueue(late, 1, 40, 0.5));
  expect(restInQueue({ ...late, crowd: 200 }, 1, 40, 0.5)).toBeGreaterThan(restInQueue(late, 1, 40, 0.5));
});

it('as long as many join, the landing is looked for when it would be over had it begun with that look', () => {
  const at = (joined: number) => restInQueue({ ageMs: 60_000, crowd: 8, joinedMs: joined }, 0, 200, 0.5);
  expect(at(0)).toBe(restInQueue({ ageMs: 200, crowd: 8, joinedMs }, 0, 200, 0.5));
  expect(at(300)).toBeLessThan(at(0));
  expect(at(3_000)).toBe(at(60_000));
});

it('the first in the queue rests for less than those who wait for it', () => {
  fc.assert(
    fc.property(trip, chance, queue, fc.nat(20), (tripMs, random, waiting, looks) => {
      expect(restWhileGathering(tripMs, random)).toBeLessThan(restInQueue(waiting, looks, tripMs, random));
    }),
  );
});

it('reads as quick as the look leave it fresh on a quick host, and a slower link has more time', () => {
  expect(staleMs(2, 10)).toBeGreaterThan(2 * 10);
  expect(staleMs(5, 10)).toBeGreaterThan(staleMs(2, 10));
  expect(staleMs(2, 1_000)).toBeGreaterThan(staleMs(2, 100));
});

it('a host that answers as it did before is not crowded, nor is one that is quick', () => {
  expect(isCrowded(300, 300)).toBe(false);
  expect(isCrowded(5, 90)).toBe(false);
  expect(isCrowded(120, 300)).toBe(true);
});

it('the second in the queue is patient for as long as a landing may take, and those behind it for longer', () => {
  expect(patienceMs(1, 2, 10)).toBeGreaterThanOrEqual(1_500);
  expect(patienceMs(1, 2, 400)).toBeGreaterThanOrEqual(20 * 400);
  expect(patienceMs(3, 4, 400)).toBeGreaterThan(patienceMs(2, 4, 400));
  // Nor does a slow host make anybody wait for who is gone until its own time is over.
  expect(patienceMs(1, 2, 2_000)).toBeLessThanOrEqual(10_000);
});

it('nobody is waited for longer than a quarter of a writer’s two minutes, however slow the host, nor for less than none', () => {
  const place = fc.integer({ min: 1, max: 1_000 });
  fc.assert(
    fc.property(place, fc.integer({ min: -3_600_000, max: 3_600_000 }), fc.nat(10 ** 9), (at, tripMs, waitedMs) => {
      const patience = patienceMs(at, at + 1, tripMs, waitedMs);
      expect(patience).toBeGreaterThan(0);
      expect(patience).toBeLessThanOrEqual(30_000);
      expect(patienceMs(at, at + 1, tripMs)).toBeGreaterThanOrEqual(1_500);
    }),
  );
});

it('sixty in front that are gone cost the one behind them few seconds', () => {
  expect(patienceMs(60, 61, 50)).toBeLessThan(3_500);
  expect(patienceMs(60, 61, 20) - patienceMs(59, 61, 20)).toBeLessThan(20);
});

it('who was waited for already is waited for no longer than a landing takes, and never longer for that', () => {
  const place = fc.integer({ min: 1, max: 1_000 });
  fc.assert(
    fc.property(place, trip, fc.nat(10 ** 9), (at, tripMs, waitedMs) => {
      const patience = patienceMs(at, at + 1, tripMs);
      expect(patienceMs(at, at + 1, tripMs, waitedMs)).toBeLessThanOrEqual(patience);
      expect(patienceMs(at, at + 1, tripMs, waitedMs)).toBeGreaterThan(Math.min(patience, 4 * tripMs) - 1);
    }),
  );
  expect(patienceMs(60, 61, 50, 10_000)).toBeLessThan(1_000);
});
