import { setImmediate as turn } from 'node:timers/promises';

// Less costs more in turns than anybody notices; more, and a progress line or Ctrl-C is late.
const longestMs = 50;

/** Asked between steps of long work. */
export type Breathe = () => Promise<void> | undefined;

/**
 * Lets timers, requests and signals have their turn once work has gone on for a while; undefined when it hasn't, so that
 * nothing is waited for in vain. Throws the signal's reason once the run is told to stop.
 */
export function createBreath(signal?: AbortSignal): Breathe {
  let since = performance.now();
  return () => {
    if (performance.now() - since < longestMs) return undefined;
    return turn().then(() => {
      since = performance.now();
      signal?.throwIfAborted();
    });
  };
}
