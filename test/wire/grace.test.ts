import { expect, it } from 'vitest';
import { withGrace } from '../../src/wire/grace.ts';
import { handClock } from '../support/world.ts';

/** Begins work that ends with its signal, or with `end`. */
function begin(stop: AbortSignal) {
  const clock = handClock();
  const ended = new AbortController();
  const signals: AbortSignal[] = [];
  const done = withGrace(10_000, { clock, signal: stop }, (signal) => {
    signals.push(signal);
    return new Promise<string>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      ended.signal.addEventListener('abort', () => resolve('landed'));
    });
  });
  return { clock, done, isCut: () => signals.some(({ aborted }) => aborted), end: () => ended.abort() };
}

it('work under way is stopped some time after the run, with the same reason', async () => {
  const reason = new Error('interrupted');
  const stop = new AbortController();
  const { clock, done, isCut } = begin(stop.signal);
  clock.advance(20_000);
  stop.abort(reason);
  clock.advance(9_999);
  await new Promise(setImmediate);
  expect(isCut()).toBe(false);
  clock.advance(1);
  await expect(done).rejects.toBe(reason);
});

it('work that ends in that time gives its answer, and nothing waits any more', async () => {
  const stop = new AbortController();
  const { clock, done, isCut, end } = begin(stop.signal);
  stop.abort(new Error('interrupted'));
  expect(clock.waiting()).toBe(1);
  end();
  expect(await done).toBe('landed');
  expect([clock.waiting(), isCut()]).toEqual([0, false]);
});

it('what a stopped run begins, to leave nothing behind, is not cut', async () => {
  const { clock, done, isCut, end } = begin(AbortSignal.abort(new Error('interrupted')));
  clock.advance(20_000);
  await new Promise(setImmediate);
  expect(isCut()).toBe(false);
  end();
  expect(await done).toBe('landed');
});
