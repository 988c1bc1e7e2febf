import type { Clock } from '../../wire/world.ts';

/**
 * The clock as it was, going on by what has passed since: what is set forward or back meanwhile would make waits and time limits
 * that began before shorter or longer by that much. Of a clock that doesn't tell what has passed, it is at least never set
 * back: from then on it runs behind what it showed.
 */
export function steadyClock(clock: Clock): Clock {
  const { passedMs } = clock;
  if (passedMs !== undefined) {
    const began = clock.now() - passedMs();
    return { ...clock, now: () => Math.floor(began + passedMs()) };
  }
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
