import type { ArgoCd } from '../../wire/argocd/types.ts';
import { WireFailure } from '../../wire/failure.ts';
import type { World } from '../../wire/world.ts';

/** What is asked at the very end, or after it, has this long: a last look tells more than that time is up. */
const leastMs = 20_000;

/** The same Argo CD, of which nothing is awaited beyond a time of the world's clock: that is a WireFailure `timeout`. */
export function askedUntil(argocd: ArgoCd, { clock, signal }: World, latest: number): ArgoCd {
  const inTime =
    <A extends readonly unknown[], T>(ask: (...asked: A) => Promise<T>) =>
    async (...asked: A): Promise<T> => {
      const done = new AbortController();
      const over = clock
        .sleep(Math.max(leastMs, latest - clock.now()), AbortSignal.any([signal, done.signal]))
        .then((): never => {
          const message = `${argocd.url} had not answered when the time was over`;
          throw new WireFailure('timeout', argocd.url, { message, retryable: false });
        });
      over.catch(() => undefined);
      try {
        return await Promise.race([ask(...asked), over]);
      } finally {
        done.abort();
      }
    };
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
export async function answerBy<T>(
  { clock, signal }: Pick<World, 'clock' | 'signal'>,
  until: number,
  answer: Promise<T>,
  otherwise: T,
): Promise<T> {
  const done = new AbortController();
  const left = Math.max(graceMs, until - clock.now());
  const over = clock.sleep(left, AbortSignal.any([signal, done.signal])).catch(() => undefined);
  return Promise.race([answer, over.then(() => otherwise)]).finally(() => done.abort());
}
