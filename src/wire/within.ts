import type { World } from './world.ts';

export type Ticking = Pick<World, 'clock' | 'signal'>;

/**
 * An answer, or what `late` makes of it once `ms` are over or the run is stopped. No AbortSignal.any: what it makes hangs
 * on the run's signal by a weak reference, which keeps all around it until the next whole collection.
 */
export async function within<T>({ clock, signal }: Ticking, ms: number, answer: Promise<T>, late: () => T): Promise<T> {
  const done = new AbortController();
  // A reason given spares an error with its stack, which nobody reads.
  const stop = (): void => done.abort(signal.reason ?? 'done');
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([answer, clock.sleep(ms, done.signal).then(late, late)]);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}
