import type { Clock } from '../wire/world.ts';

/** A value and when it stops being good: milliseconds since the epoch, or undefined when it stays good. */
export interface Leased<T> {
  readonly value: T;
  readonly expiresAt: number | undefined;
}

/** A value that is fetched when first wanted, kept while it is good, and fetched again before it ends. */
export interface Lease<T> {
  /** Callers at the same time share one fetch. A failed fetch isn't kept: the next caller tries again. */
  get(): Promise<Leased<T>>;
  /** The next `get` fetches anew. */
  drop(): void;
  /** Resolves when no fetch is under way. Never rejects. */
  settled(): Promise<void>;
}

/** Nobody wants a token that ends while a layer is on its way. */
const longestMarginMs = 5 * 60_000;

export function createLease<T>(clock: Clock, fetch: () => Promise<Leased<T>>): Lease<T> {
  let current: (Leased<T> & { readonly renewAt: number }) | undefined;
  let pending: Promise<Leased<T>> | undefined;
  return {
    get: async () => {
      if (current !== undefined && clock.now() < current.renewAt) return current;
      pending ??= fetch()
        .then((leased) => {
          current = { ...leased, renewAt: renewalOf(leased.expiresAt, clock.now()) };
          return leased;
        })
        .finally(() => {
          pending = undefined;
        });
      return pending;
    },
    drop: () => {
      current = undefined;
    },
    settled: async () => {
      await pending?.catch(() => undefined);
    },
  };
}

/** Five minutes before the end, or a fifth of a short life before it. */
function renewalOf(expiresAt: number | undefined, now: number): number {
  if (expiresAt === undefined) return Number.POSITIVE_INFINITY;
  return expiresAt - Math.min(longestMarginMs, Math.max(0, expiresAt - now) / 5);
}
