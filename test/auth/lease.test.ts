import { expect, it } from 'vitest';
import { createLease } from '../../src/auth/lease.ts';
import { handClock } from '../support/world.ts';

/** A lease over numbers that last `lifeMs`, and how often it fetched. */
function counting(lifeMs: number | undefined) {
  const clock = handClock();
  let fetched = 0;
  const lease = createLease(clock, async () => {
    fetched++;
    return { value: fetched, expiresAt: lifeMs === undefined ? undefined : clock.now() + lifeMs };
  });
  return { clock, lease, fetched: () => fetched, value: async () => (await lease.get()).value };
}

it('a value without an end is fetched once', async () => {
  const { clock, value } = counting(undefined);
  await value();
  clock.advance(1e12);
  expect(await value()).toBe(1);
});

it('a long life is renewed five minutes before its end', async () => {
  const { clock, value } = counting(3_600_000);
  expect(await value()).toBe(1);
  clock.advance(55 * 60_000 - 1);
  expect(await value()).toBe(1);
  clock.advance(1);
  expect(await value()).toBe(2);
});

it('a short life is renewed when a fifth of it is left', async () => {
  const { clock, value } = counting(60_000);
  await value();
  clock.advance(47_999);
  expect(await value()).toBe(1);
  clock.advance(1);
  expect(await value()).toBe(2);
});

it('a value that comes already ended is used once, not for ever', async () => {
  const { value } = counting(-1);
  expect(await value()).toBe(1);
  expect(await value()).toBe(2);
});

it('callers at the same time share one fetch', async () => {
  const { value, fetched } = counting(undefined);
  expect(await Promise.all([value(), value(), value()])).toEqual([1, 1, 1]);
  expect(fetched()).toBe(1);
});

it('callers share a failure, and the next one tries again', async () => {
  let fetched = 0;
  const lease = createLease(handClock(), async () => {
    if (++fetched === 1) throw new Error('first');
    return { value: fetched, expiresAt: undefined };
  });
  const both = await Promise.allSettled([lease.get(), lease.get()]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect((await lease.get()).value).toBe(2);
});

it('a dropped value is fetched anew', async () => {
  const { lease, value } = counting(undefined);
  await value();
  lease.drop();
  expect(await value()).toBe(2);
});

it('settles only when the fetch under way has ended, however it ends', async () => {
  let fail: (error: Error) => void = () => undefined;
  const lease = createLease<number>(handClock(), () => new Promise((_, reject) => (fail = reject)));
  await lease.settled();
  const got = lease.get().catch(() => 'failed');
  let settled = false;
  const waiting = lease.settled().then(() => (settled = true));
  await Promise.resolve();
  expect(settled).toBe(false);
  fail(new Error('no'));
  await waiting;
  expect(await got).toBe('failed');
});
