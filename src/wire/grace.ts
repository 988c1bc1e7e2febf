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
