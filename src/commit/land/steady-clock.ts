import type { Clock } from '../../wire/world.ts';

/**
 * The clock, but never set back: from then on it runs behind what it showed. Waits and time limits that began before would
 * else be longer by that much.
 */
export function steadyClock(clock: Clock): Clock {
  let ahead = 0;
  let last = Number.NEGATIVE_INFINITY;
  const now = (): number => {
    const shown = clock.now();
    ahead = Math.max(ahead, last - shown);
    last = shown + ahead;
    return last;
  };
  return { now, sleep: (ms, signal) => clock.sleep(ms, signal) };
}
