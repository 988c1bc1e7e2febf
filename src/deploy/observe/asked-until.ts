import type { ArgoCd } from '../../wire/argocd/types.ts';
import { WireFailure } from '../../wire/failure.ts';
import type { World } from '../../wire/world.ts';

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

/** What is asked at the very end, or after it, has this long: a last look tells more than that time is up. */
const leastMs = 20_000;

/** The same Argo CD, of which nothing is awaited beyond a time of the world's clock: that is a WireFailure `timeout`. */
export function askedUntil(argocd: ArgoCd, world: Ticking, latest: number): ArgoCd {
  const inTime =
    <A extends readonly unknown[], T>(ask: (...asked: A) => Promise<T>) =>
    (...asked: A): Promise<T> =>
      within(world, Math.max(leastMs, latest - world.clock.now()), ask(...asked), (): never => {
        world.signal.throwIfAborted();
        const message = `${argocd.url} had not answered when the time was over`;
        throw new WireFailure('timeout', argocd.url, { message, retryable: false });
      });
  return {
    ...argocd,
    application: inTime(argocd.application),
    applications: inTime(argocd.applications),
    applicationSet: inTime(argocd.applicationSet),
    tree: inTime(argocd.tree),
    resource: inTime(argocd.resource),
    sync: inTime(argocd.sync),
    blocked: inTime(argocd.blocked),
  };
}

/** How long what was asked just before time is up may still take. */
const graceMs = 10_000;

/** An answer, or what stands for it once a time of the world's clock is over: whoever was asked may hang. */
export function answerBy<T>(world: Ticking, until: number, answer: Promise<T>, otherwise: T): Promise<T> {
  return within(world, Math.max(graceMs, until - world.clock.now()), answer, () => otherwise);
}
