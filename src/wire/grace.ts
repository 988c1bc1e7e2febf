import { setMaxListeners } from 'node:events';
import { shownUrl, WireFailure } from './failure.ts';
import type { Clock } from './world.ts';

/**
 * Does work that a stop doesn't cut at once: the signal it gets follows `stop`, with its reason, `ms` later. For what
 * is better ended than left unknown. Work that begins after the stop isn't cut at all: it is what a stopped run tidies.
 */
export async function withGrace<T>(
  ms: number,
  { clock, signal: stop }: { readonly clock: Clock; readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const over = new AbortController();
  const later = (): void => {
    clock.sleep(ms, over.signal).then(
      () => controller.abort(stop.reason),
      () => undefined,
    );
  };
  stop.addEventListener('abort', later, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    stop.removeEventListener('abort', later);
    over.abort(new Error('the work is over'));
  }
}

/** A signal that follows another one, and ends what drips on when the time is over: with a WireFailure `timeout`. */
export function limited(signal: AbortSignal, ms: number, url: string): { readonly signal: AbortSignal; over(): void } {
  const controller = new AbortController();
  const stop = (): void => controller.abort(signal.reason);
  const expire = (): void => {
    const message = `${shownUrl(url)} was still sending when the time was over`;
    controller.abort(new WireFailure('timeout', shownUrl(url), { message, retryable: false }));
  };
  const timer = setTimeout(expire, Math.min(Math.max(ms, 1), 2 ** 31 - 1)).unref();
  // Each request under way listens to the run's stop: no leak, whatever their number.
  setMaxListeners(0, signal);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  return {
    signal: controller.signal,
    over: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    },
  };
}
