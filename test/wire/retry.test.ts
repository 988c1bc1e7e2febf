import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeOf, WireFailure } from '../../src/wire/failure.ts';
import {
  answerFailure,
  backoff,
  isLimited,
  isPassingStatus,
  isRetryable,
  passes,
  retry,
  retryAfterMs,
  tellWait,
} from '../../src/wire/retry.ts';
import type { Clock, Waited } from '../../src/wire/world.ts';
import { type HandClock, jumpingClock } from '../support/world.ts';

const cut = () => new WireFailure('cut', 'http://peer/');
const busy = (retryAfter: number) =>
  new WireFailure('status', 'http://peer/', { status: 429, retryable: true, retryAfterMs: retryAfter || undefined });

const unreachable = () => new WireFailure('unreachable', 'http://peer/', { peerCode: 'ECONNREFUSED' });
const broken = () => new WireFailure('status', 'http://peer/', { status: 500, retryable: true });
const silent = () => new WireFailure('timeout', 'http://peer/');

/** Work that fails with each given error in turn, then answers. */
function failing(...errors: unknown[]): { work: () => Promise<string>; tries: () => number } {
  let tries = 0;
  return {
    tries: () => tries,
    work: async () => {
      tries += 1;
      if (errors.length > 0) throw errors.shift();
      return 'done';
    },
  };
}

/** Work that never does anything but fail so. */
function hopeless(failure: unknown): { work: () => Promise<string>; tries: () => number } {
  let tries = 0;
  return {
    tries: () => tries,
    work: async () => {
      tries += 1;
      throw failure;
    },
  };
}

/** A waiting whose sleeps are over at once, and what was told. */
function waiting(random = 0.5, clock: HandClock = jumpingClock()) {
  const told: string[] = [];
  const waited: (Waited | undefined)[] = [];
  const notice = (message: string, about?: Waited): void => {
    told.push(message);
    waited.push(about);
  };
  return { clock, random: () => random, signal: new AbortController().signal, notice, told, waited };
}

function took({ clock }: { readonly clock: HandClock }): number {
  return clock.slept.reduce((sum, ms) => sum + ms, 0);
}

describe('retry', () => {
  it('answers at once when nothing fails', async () => {
    const world = waiting();
    expect(await retry(failing().work, world)).toBe('done');
    expect(world.clock.slept).toEqual([]);
  });

  it('waits half of a bound that doubles and a random part of the rest, up to the cap', async () => {
    const world = waiting();
    const { work, tries } = failing(...Array.from({ length: 8 }, cut));
    expect(await retry(work, world)).toBe('done');
    expect(world.clock.slept).toEqual([188, 375, 750, 1_500, 3_000, 6_000, 12_000, 15_000]);
    expect(tries()).toBe(9);
  });

  it('never comes back before the time the peer asked for', async () => {
    const world = waiting();
    await retry(failing(busy(7_000)).work, world);
    expect(world.clock.slept).toEqual([7_125]);
  });

  it.each([3_600_000, 120_001])('gives up at once when the peer asks for %d ms, more than there is', async (asked) => {
    const world = waiting(0);
    const failure = busy(asked);
    await expect(retry(failing(failure).work, world)).rejects.toBe(failure);
    expect(world.clock.slept).toEqual([]);
    expect(world.told).toEqual([]);
  });

  it('waits as long as the peer asks for when that is all there is', async () => {
    const world = waiting(0);
    expect(await retry(failing(busy(120_000)).work, world)).toBe('done');
  });

  it.each([
    ['an overload, until the budget of two minutes is spent', busy(0), 120_000],
    ['a connection that is cut, likewise', cut(), 120_000],
    ['a host where nobody listens, for half a minute', unreachable(), 30_000],
  ])('bears %s', async (_what, failure, budget) => {
    const world = waiting(0.99);
    await expect(retry(hopeless(failure).work, world)).rejects.toBe(failure);
    expect(took(world)).toBeLessThanOrEqual(budget);
    expect(took(world)).toBeGreaterThan(budget - 20_000);
  });

  it.each([
    ['a server that fails by itself', broken(), 5],
    ['a name that nobody knows', new WireFailure('unreachable', 'http://peer/', { peerCode: 'ENOTFOUND' }), 5],
    ["somebody else's page", new WireFailure('malformed', 'http://peer/', { retryable: true }), 5],
    ['a silence for the whole idle limit', silent(), 2],
  ])('asks %s a few times', async (_what, failure, times) => {
    const { work, tries } = hopeless(failure);
    await expect(retry(work, waiting())).rejects.toBe(failure);
    expect(tries()).toBe(times);
  });

  it('ends with the last failure when the tries are used up', async () => {
    const last = cut();
    const { work, tries } = failing(cut(), cut(), last);
    await expect(retry(work, waiting(), { tries: 3 })).rejects.toBe(last);
    expect(tries()).toBe(3);
  });

  it("waits no longer than the caller's own time", async () => {
    const world = waiting();
    const until = world.clock.now() + 2_000;
    await expect(retry(hopeless(cut()).work, world, { until })).rejects.toMatchObject({ kind: 'cut' });
    expect(world.clock.now()).toBeLessThanOrEqual(until);
    const other = waiting();
    await expect(retry(hopeless(cut()).work, other, { withinMs: 2_000 })).rejects.toMatchObject({ kind: 'cut' });
    expect(took(other)).toBe(1_313);
  });

  it('counts the budget from the first failure, not from the beginning of long work', async () => {
    const world = waiting();
    let first = true;
    const work = async () => {
      if (!first) return 'done';
      first = false;
      await world.clock.sleep(600_000);
      throw cut();
    };
    expect(await retry(work, world)).toBe('done');
  });

  it('does not repeat what will not change', async () => {
    for (const error of [new WireFailure('status', 'http://peer/', { status: 403 }), new TypeError('bug')]) {
      const { work, tries } = failing(error);
      await expect(retry(work, waiting())).rejects.toBe(error);
      expect(tries()).toBe(1);
    }
  });

  it.each(['own', 'run'])('stops waiting when it is aborted (%s)', async (which) => {
    const abort = new AbortController();
    const reason = new Error('stop');
    const clock: Clock = {
      now: () => 0,
      sleep: async (_ms, signal) => {
        abort.abort(reason);
        signal?.throwIfAborted();
      },
    };
    const { work, tries } = failing(cut(), cut());
    const run = which === 'run' ? abort.signal : new AbortController().signal;
    const own = which === 'own' ? abort.signal : undefined;
    await expect(retry(work, { ...waiting(), clock, signal: run }, { signal: own })).rejects.toBe(reason);
    expect(tries()).toBe(1);
  });

  it('does not begin after the stop, nor wait for what failed by it', async () => {
    const reason = new Error('stop');
    const { work, tries } = failing();
    await expect(retry(work, { ...waiting(), signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(tries()).toBe(0);
    const failure = cut();
    const abort = new AbortController();
    const stopping = async () => {
      abort.abort(reason);
      throw failure;
    };
    const world = { ...waiting(), signal: abort.signal };
    await expect(retry(stopping, world)).rejects.toBe(failure);
    expect(world.clock.slept).toEqual([]);
  });
});

describe('an outage', () => {
  it('has one budget, whoever asks the peer', async () => {
    const world = waiting();
    const outage = {};
    await expect(retry(hopeless(busy(0)).work, world, { outage })).rejects.toMatchObject({ status: 429 });
    const { work, tries } = hopeless(busy(0));
    await expect(retry(work, world, { outage })).rejects.toMatchObject({ status: 429 });
    expect(took(world)).toBeLessThanOrEqual(120_000);
    expect(tries()).toBeLessThan(10);
  });

  it('is over with the first success', async () => {
    const world = waiting();
    const outage = {};
    await expect(retry(hopeless(busy(0)).work, world, { outage })).rejects.toMatchObject({ status: 429 });
    await retry(failing().work, world, { outage });
    expect(outage).toEqual({ since: undefined, toldUntil: undefined });
    expect(await retry(failing(busy(60_000)).work, world, { outage })).toBe('done');
  });

  it('does not end a budget of its own by the successes of others', async () => {
    const world = waiting();
    const outage = {};
    const failure = busy(0);
    const { work } = hopeless(failure);
    const both = async () => {
      await retry(failing().work, world, { outage });
      return work();
    };
    await expect(retry(both, world, { outage })).rejects.toBe(failure);
    expect(took(world)).toBeLessThanOrEqual(120_000);
  });
});

describe('a wait', () => {
  it('of a moment is told to nobody', async () => {
    const world = waiting();
    await retry(failing(cut(), cut()).work, world);
    expect(world.told).toEqual([]);
  });

  it('that sums up to more than a moment is told once: who, how long and why', async () => {
    const world = waiting();
    await retry(failing(...Array.from({ length: 8 }, cut)).work, world);
    expect(world.told).toHaveLength(1);
    expect(world.told[0]).toMatch(/http:\/\/peer\/ .*1 s.*119 s/);
  });

  it('of just a moment that the peer asks for is told, until then', async () => {
    const world = waiting(0);
    await retry(failing(busy(1_000), busy(2_000), busy(1_000)).work, world);
    // The third is over just as much later as what was told before it: nothing new.
    expect(world.told.map((one) => one.match(/(\d+) s/g))).toEqual([
      ['1 s', '120 s'],
      ['2 s', '119 s'],
    ]);
    const other = waiting(0);
    await retry(failing(busy(999)).work, other);
    expect(other.told).toEqual([]);
  });

  it('is told in the words of the failure, whatever was thrown', () => {
    const told: string[] = [];
    for (const error of [new TypeError('a'), 'b']) tellWait((message) => told.push(message), error, 1, 1_000);
    expect(told.map((one) => one.split(':')[0])).toEqual(['a', 'b']);
  });

  it('that the peer asks for is told each time', async () => {
    const world = waiting();
    await retry(failing(busy(5_000), busy(9_000)).work, world);
    expect(world.told.map((one) => one.match(/(\d+) s/g))).toEqual([
      ['5 s', '120 s'],
      ['9 s', '115 s'],
    ]);
  });

  it('of several requests for the same reason is told once', async () => {
    const world = waiting();
    const outage = {};
    // The dice fall a little differently for each.
    const dice = [0, 0.5, 0.99].values();
    const random = (): number => dice.next().value ?? 0;
    const all = [1, 2, 3].map(() => retry(failing(busy(5_000)).work, { ...world, random }, { outage }));
    await Promise.all(all);
    expect(world.told).toHaveLength(1);
  });
});

describe('backoff', () => {
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

  it('doubles with each attempt, and takes what was thrown for what it is', () => {
    const waits = [1, 2, 3, 9].map((attempt) => backoff(attempt, undefined, { random: () => 1 }));
    expect(waits).toEqual([250, 500, 1_000, 10_000]);
    expect(backoff(1, { retryAfterMs: 7_000 }, { random: () => 0 })).toBe(0);
  });
});

it('what is refused for good passes never, nor what is no failure of a peer', () => {
  expect(passes(busy(1))).toBe(true);
  expect(passes(new WireFailure('status', 'http://peer/', { status: 403 }))).toBe(false);
  expect(passes(new TypeError('bug'))).toBe(false);
  expect([passes({ retryable: true }), isRetryable({ retryable: true })]).toEqual([false, false]);
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
    expect(retryAfterMs({ 'retry-after': header }, now)).toBe(expected);
  });

  it("is GitHub's next allowance where this one is spent and nothing else is said", () => {
    const reset = { 'x-ratelimit-reset': String(now / 1_000 + 40) };
    const spent = { ...reset, 'x-ratelimit-remaining': '0' };
    expect(retryAfterMs(spent, now)).toBe(40_000);
    expect(retryAfterMs(spent, now + 60_000)).toBe(0);
    expect(retryAfterMs({ ...spent, 'retry-after': '3' }, now)).toBe(3_000);
    expect(retryAfterMs({ ...reset, 'x-ratelimit-remaining': '1' }, now)).toBeUndefined();
    expect(retryAfterMs({ 'x-ratelimit-remaining': '0' }, now)).toBeUndefined();
  });

  it('is read as each host tells it', () => {
    // GitLab: a time. RateLimit's drafts and Docker Hub: seconds, and what is left with its window.
    expect(retryAfterMs({ 'ratelimit-remaining': '0', 'ratelimit-reset': String(now / 1_000 + 9) }, now)).toBe(9_000);
    expect(retryAfterMs({ 'ratelimit-remaining': '0;w=60', 'ratelimit-reset': '9' }, now)).toBe(9_000);
    // Bitbucket Data Center: how often its bucket is filled.
    const bucket = { 'x-ratelimit-interval-seconds': '5', 'x-ratelimit-fillrate': '5' };
    expect(retryAfterMs({ ...bucket, 'x-ratelimit-remaining': '0' }, now)).toBe(5_000);
    expect(retryAfterMs({ ...bucket, 'x-ratelimit-remaining': '10' }, now)).toBeUndefined();
    for (const reset of ['', '-4', 'soon', '0', 'Infinity '])
      expect([undefined, Number.POSITIVE_INFINITY], reset).toContain(
        retryAfterMs({ 'ratelimit-remaining': '0', 'ratelimit-reset': reset }, now),
      );
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
    expect(retryAfterMs({ 'retry-after': header }, now)).toBeUndefined();
  });
});

it('a status passes or stays', () => {
  expect([408, 429, 500, 502, 503, 504].filter(isPassingStatus)).toHaveLength(6);
  expect([200, 400, 401, 403, 404, 409, 413, 501, 505, 507].filter(isPassingStatus)).toEqual([]);
});

describe('a limit of requests', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const url = 'https://host.example/x';
  const of = (status: number, headers: Readonly<Record<string, string>> = {}, text?: string) =>
    answerFailure({ status, headers, url }, now, { text });

  it('is told from a refusal by status, headers, or the words that GitHub has for it', () => {
    expect(of(429)).toMatchObject({ retryable: true, retryAfterMs: undefined, limit: { until: undefined } });
    const soon = { retryable: true, retryAfterMs: 7_000, limit: { until: now + 7_000 } };
    expect(of(403, { 'retry-after': '7' })).toMatchObject(soon);
    expect(of(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1_000 + 7) })).toMatchObject(soon);
    const minute = { retryable: true, retryAfterMs: 60_000 };
    expect(of(403, {}, 'You have exceeded a secondary rate limit. Please wait.')).toMatchObject(minute);
    expect(of(403, {}, 'Resource not accessible by integration')).toMatchObject({ retryable: false, limit: undefined });
    expect(of(401, { 'retry-after': '7' })).toMatchObject({ retryable: false, limit: undefined });
    expect(of(503, { 'retry-after': '7' })).toMatchObject({ retryable: true, retryAfterMs: 7_000, limit: undefined });
  });

  it('is waited for and told with its end, or ends the work at once where it is longer than the time', async () => {
    const world = waiting();
    const now = world.clock.now();
    const of = (status: number, headers: Readonly<Record<string, string>> = {}) =>
      answerFailure({ status, headers, url }, now);
    let asked = 0;
    const answer = () => {
      asked += 1;
      if (asked === 1) throw of(403, { 'retry-after': '30' });
      return Promise.resolve('done');
    };
    expect(await retry(answer, world, { worth: isLimited })).toBe('done');
    expect(world.waited).toEqual([{ peer: url, seconds: 30, until: timeOf({ until: now + 30_000 }), limited: true }]);
    expect(world.told[0]).toContain(`limit of requests, until ${timeOf({ until: now + 30_000 })}`);
    asked = 0;
    const long = () => {
      asked += 1;
      throw of(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String((now + 3e6) / 1_000) });
    };
    await expect(retry(long, waiting(), { worth: isLimited })).rejects.toMatchObject({ limit: { until: now + 3e6 } });
    expect(asked).toBe(1);
    const fault = () => {
      asked += 1;
      throw of(503);
    };
    await expect(retry(fault, waiting(), { worth: isLimited })).rejects.toMatchObject({ status: 503 });
    expect(asked).toBe(2);
  });

  it('has no end that is none', () => {
    expect(timeOf(undefined)).toBeUndefined();
    expect(timeOf({ until: undefined })).toBeUndefined();
    for (const until of [Number.POSITIVE_INFINITY, Number.NaN, 1e30]) expect(timeOf({ until })).toBeUndefined();
  });
});
