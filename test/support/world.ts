import { onTestFinished } from 'vitest';
import type { Emit, Happening } from '../../src/events.ts';
import { createExec } from '../../src/wire/exec.ts';
import { withinAllowance } from '../../src/wire/forge/allowance.ts';
import { createHttp } from '../../src/wire/http/client.ts';
import type { Clock, World } from '../../src/wire/world.ts';

/** Time that stands still until a test turns it. */
export interface HandClock extends Clock {
  /** Milliseconds asked of each sleep so far, in order. */
  readonly slept: readonly number[];
  /** How many sleeps are waiting. */
  readonly waiting: () => number;
  /** Moves time on and wakes every sleep that is due. */
  advance(ms: number): void;
}

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A clock turned by `advance`. Starts at 2026-01-01T00:00:00Z unless told otherwise. */
export function handClock(start = Date.UTC(2026, 0, 1)): HandClock {
  let now = start;
  const slept: number[] = [];
  const sleepers = new Set<Sleeper>();
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        slept.push(ms);
        if (signal?.aborted) return reject(signal.reason);
        const sleeper: Sleeper = {
          due: now + ms,
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener('abort', stop);
            resolve();
          },
        };
        const stop = () => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', stop, { once: true });
        sleepers.add(sleeper);
      }),
    slept,
    waiting: () => sleepers.size,
    advance: (ms) => {
      now += ms;
      for (const sleeper of [...sleepers].sort((a, b) => a.due - b.due)) if (sleeper.due <= now) sleeper.wake();
    },
  };
}

/** A clock on which every sleep is over at once and time has passed: for retry loops that nobody wants to wait for. */
export function jumpingClock(start = Date.UTC(2026, 0, 1)): HandClock {
  const clock = handClock(start);
  return {
    ...clock,
    sleep: (ms, signal) => {
      const over = clock.sleep(ms, signal);
      // A turn of the event loop, so that a loop of sleeps can't starve real sockets.
      setImmediate(() => clock.advance(ms));
      return over;
    },
  };
}

/** Time that runs so many times as fast, so that what must hold for seconds holds for milliseconds. */
export function fastClock(times = 50): HandClock {
  const start = Date.now();
  const now = () => start + (Date.now() - start) * times;
  const clock: Clock = {
    now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const stop = (): void => {
          clearTimeout(timer);
          reject(signal?.reason);
        };
        const timer = setTimeout(() => {
          signal?.removeEventListener('abort', stop);
          resolve();
        }, ms / times);
        signal?.addEventListener('abort', stop, { once: true });
      }),
  };
  return { ...handClock(), ...clock };
}

/** A world for one test, with what went through it. */
export interface TestWorld extends World {
  readonly clock: HandClock;
  /** Every secret handed to `mask`, in order. */
  readonly masked: readonly string[];
  /** Everything told through `notice`, in order. */
  readonly notices: readonly string[];
  /** Everything said through `emit`, in order. */
  readonly events: readonly Happening[];
  readonly emit: Emit;
  /** Aborts the world's signal. */
  readonly abort: (reason?: Error) => void;
}

/**
 * Real http on loopback and real child processes, but a hand-turned clock, no jitter and a bare environment
 * (`PATH` and `HOME` of the test run). Its sockets are closed when the test ends, so call it inside a test or hook.
 */
export function testWorld(overrides: Partial<World> & { readonly clock?: HandClock } = {}): TestWorld {
  const env = overrides.env ?? { PATH: process.env.PATH, HOME: process.env.HOME };
  const masked: string[] = [];
  const events: Happening[] = [];
  const notices: string[] = [];
  const controller = new AbortController();
  const clock = overrides.clock ?? handClock();
  let { http } = overrides;
  if (http === undefined) {
    const own = createHttp();
    http = withinAllowance(own, clock);
    onTestFinished(() => own.close());
  }
  return {
    http,
    exec: overrides.exec ?? createExec(env),
    clock,
    env,
    signal: overrides.signal ?? controller.signal,
    random: overrides.random ?? (() => 0.5),
    mask: (secret) => {
      masked.push(secret);
      overrides.mask?.(secret);
    },
    notice: (message) => {
      notices.push(message);
      overrides.notice?.(message);
    },
    masked,
    notices,
    events,
    emit: (happening) => void events.push(happening),
    abort: (reason = new Error('aborted by the test')) => controller.abort(reason),
  };
}
