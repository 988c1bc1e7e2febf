import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireFailure } from '../../src/wire/failure.ts';
import { backoff, isPassingStatus, retry, retryAfterMs } from '../../src/wire/retry.ts';
import type { Clock } from '../../src/wire/world.ts';
import { jumpingClock } from '../support/world.ts';

const cut = () => new WireFailure('cut', 'http://peer/');
const busy = (retryAfter: number) =>
  new WireFailure('status', 'http://peer/', { status: 429, retryable: true, retryAfterMs: retryAfter });

/** Work that fails with each given error in turn, then answers. */
function failing(...errors: unknown[]): { work: (attempt: number) => Promise<string>; attempts: number[] } {
  const attempts: number[] = [];
  return {
    attempts,
    work: async (attempt) => {
      attempts.push(attempt);
      if (errors.length > 0) throw errors.shift();
      return 'done';
    },
  };
}

describe('retry', () => {
  it('answers at once when nothing fails', async () => {
    const clock = jumpingClock();
    expect(await retry(failing().work, { clock, random: () => 0.5 })).toBe('done');
    expect(clock.slept).toEqual([]);
  });

  it('waits a random part of a bound that doubles, up to the cap', async () => {
    const clock = jumpingClock();
    const { work, attempts } = failing(cut(), cut(), cut(), cut());
    expect(await retry(work, { clock, random: () => 0.5, baseMs: 100, capMs: 300 })).toBe('done');
    expect(clock.slept).toEqual([50, 100, 150, 150]);
    expect(attempts).toEqual([1, 2, 3, 4, 5]);
  });

  it('never comes back before the time the peer asked for', async () => {
    const clock = jumpingClock();
    await retry(failing(busy(7_000)).work, { clock, random: () => 0.5, baseMs: 100 });
    expect(clock.slept).toEqual([7_050]);
  });

  it('gives up at once when the peer asks for more time than there is', async () => {
    const clock = jumpingClock();
    const failure = busy(3_600_000);
    await expect(retry(failing(failure).work, { clock, random: () => 0 })).rejects.toBe(failure);
    expect(clock.slept).toEqual([]);
  });

  it('ends with the last failure when the tries are used up', async () => {
    const last = cut();
    const { work, attempts } = failing(cut(), cut(), last);
    await expect(retry(work, { clock: jumpingClock(), random: () => 0, tries: 3 })).rejects.toBe(last);
    expect(attempts).toHaveLength(3);
  });

  it('does not repeat what will not change', async () => {
    for (const error of [new WireFailure('status', 'http://peer/', { status: 403 }), new TypeError('bug')]) {
      const { work, attempts } = failing(error);
      await expect(retry(work, { clock: jumpingClock(), random: () => 0 })).rejects.toBe(error);
      expect(attempts).toEqual([1]);
    }
  });

  it('stops waiting when it is aborted', async () => {
    const abort = new AbortController();
    const reason = new Error('stop');
    const clock: Clock = {
      now: () => 0,
      sleep: async (_ms, signal) => {
        abort.abort(reason);
        signal?.throwIfAborted();
      },
    };
    const { work, attempts } = failing(cut(), cut());
    await expect(retry(work, { clock, random: () => 0, signal: abort.signal })).rejects.toBe(reason);
    expect(attempts).toEqual([1]);
  });

  it('tells of every wait before it begins', async () => {
    const told: unknown[] = [];
    const failure = cut();
    await retry(failing(failure).work, {
      clock: jumpingClock(),
      random: () => 0.25,
      baseMs: 400,
      onWait: (wait) => told.push(wait),
    });
    expect(told).toEqual([{ attempt: 1, waitMs: 100, error: failure }]);
  });

  it('keeps every wait within its bounds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.nat(60_000),
        (attempt, chance, asked) => {
          const wait = backoff(attempt, busy(asked), { random: () => chance });
          expect(wait).toBeGreaterThanOrEqual(asked);
          expect(wait).toBeLessThanOrEqual(asked + 10_000);
        },
      ),
    );
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');

  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 5 ', 5_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
  ])('%j is understood', (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });

  it.each([
    undefined,
    '',
    '-5',
    '2001-01-01',
    '1.5',
    'soon',
    '9999999999',
    'Xxx, nonsense',
  ])('%j says nothing', (header) => {
    expect(retryAfterMs(header, now)).toBeUndefined();
  });
});

it('a status passes or stays', () => {
  expect([408, 429, 500, 502, 503, 504].filter(isPassingStatus)).toHaveLength(6);
  expect([200, 400, 401, 403, 404, 409, 413, 501, 505, 507].filter(isPassingStatus)).toEqual([]);
});
