import { expect, it } from 'vitest';
import { type FlowEntry, measureFlow } from '../../../src/events/flow.ts';

const at = (day: number, time = '12:00'): string => `2026-03-${String(day).padStart(2, '0')}T${time}:00.000Z`;
const entry = (is: FlowEntry['is'], landedAt: string, more: Partial<FlowEntry> = {}): FlowEntry => ({
  is,
  landedAt,
  repo: 'r',
  branch: 'main',
  delivery: 'production',
  commit: landedAt,
  ...more,
});
const now = Date.parse(at(10, '18:00'));

it('counts the four measures as a person does by hand', () => {
  const flow = measureFlow(
    [
      entry('promoted', at(10)),
      entry('rolledBack', at(9, '12:30')),
      entry('delivered', at(9), { leadSeconds: 4_000 }),
      entry('delivered', at(7), { leadSeconds: 100, healthySeconds: 20 }),
      entry('held', at(6)),
      entry('byHand', at(5)),
      entry('delivered', at(4), { leadSeconds: 600 }),
      // Ten days back: the first that isn't counted any more.
      entry('delivered', '2026-02-28T23:59:59.000Z', { leadSeconds: 1 }),
    ],
    now,
    10,
  );
  expect(flow).toMatchObject({ changes: 4, perDay: 0.4, failed: 1, failedShare: 0.25 });
  expect(flow.lead).toEqual({ count: 3, p50: 600, p75: 4_000, p95: 4_000, all: [120, 600, 4_000] });
  expect(flow.restore).toEqual({ count: 1, p50: 1_800, p75: 1_800, p95: 1_800, all: [1_800] });
  expect(flow.byDay.filter(({ changes }) => changes > 0)).toEqual([
    { day: '2026-03-04', changes: 1, failed: 0 },
    { day: '2026-03-07', changes: 1, failed: 0 },
    { day: '2026-03-09', changes: 1, failed: 1 },
    { day: '2026-03-10', changes: 1, failed: 0 },
  ]);
});

it('a rollback undoes the newest change of its own environment, and two undo two', () => {
  const flow = measureFlow(
    [
      entry('rolledBack', at(8)),
      entry('rolledBack', at(7)),
      entry('delivered', at(6), { delivery: 'staging' }),
      entry('delivered', at(5)),
      entry('delivered', at(4)),
    ],
    now,
    10,
  );
  expect(flow.failed).toBe(2);
  expect(flow.restore?.all).toEqual([2 * 86_400, 4 * 86_400]);
});

it('of nothing it says nothing, and clocks that differ make no negative times', () => {
  expect(measureFlow([], now, 7)).toMatchObject({ changes: 0, failedShare: 0, lead: undefined, restore: undefined });
  const back = measureFlow([entry('rolledBack', at(8)), entry('delivered', at(9))], now, 7);
  expect(back).toMatchObject({ failed: 1, restore: undefined });
});
