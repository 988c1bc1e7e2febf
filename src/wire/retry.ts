import { WireFailure } from './failure.ts';
import type { Clock } from './world.ts';

interface RetryOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly signal?: AbortSignal;
  /** Tries in all, the first included. Default 5. */
  readonly tries?: number;
  /** Upper bound of the first wait, doubled with each further one. Default 250 ms. */
  readonly baseMs?: number;
  /** Upper bound of a single wait of our own choosing. Default 10 s. */
  readonly capMs?: number;
  /** No wait begins that would end later than this after the start. Default 2 minutes. */
  readonly withinMs?: number;
  /** Whether a failure is worth another try. Default: a WireFailure that says it is retryable. */
  readonly worth?: (error: unknown) => boolean;
  /** Told before each wait. `attempt` is the one that failed, from 1. */
  readonly onWait?: (wait: { readonly attempt: number; readonly waitMs: number; readonly error: unknown }) => void;
}

/**
 * Runs `work` until it succeeds, its failure isn't worth another try, or tries or time are used up; then throws the
 * last failure. Only for work that is safe to do twice: that is the caller's judgement.
 */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, signal, tries = 5, withinMs = 120_000, worth = isRetryable } = options;
  const start = clock.now();
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await work(attempt);
    } catch (error) {
      if (signal?.aborted || attempt >= tries || !worth(error)) throw error;
      const waitMs = backoff(attempt, error, options);
      if (clock.now() + waitMs > start + withinMs) throw error;
      options.onWait?.({ attempt, waitMs, error });
      await clock.sleep(waitMs, signal);
    }
  }
}

/** A WireFailure that says the same request may succeed later. */
export function isRetryable(error: unknown): boolean {
  return error instanceof WireFailure && error.retryable;
}

/**
 * Milliseconds to wait after failed attempt `attempt`: full jitter, so that clients that failed together don't come
 * back together. What the peer asked for (`Retry-After`) is the least wait; the jitter comes on top of it.
 */
export function backoff(
  attempt: number,
  error: unknown,
  options: Pick<RetryOptions, 'random' | 'baseMs' | 'capMs'>,
): number {
  const { random, baseMs = 250, capMs = 10_000 } = options;
  const jitter = Math.round(random() * Math.min(capMs, baseMs * 2 ** (attempt - 1)));
  return ((error instanceof WireFailure ? error.retryAfterMs : undefined) ?? 0) + jitter;
}

/** A status after which the same request may succeed: overload, and faults of the server or of a proxy before it. */
export function isPassingStatus(status: number): boolean {
  return [408, 425, 429, 500, 502, 503, 504].includes(status);
}

/** `Retry-After` in milliseconds: seconds or an HTTP date (RFC 9110 §10.2.3). Undefined when absent or unreadable. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  // Date.parse also takes bare years and "-5"; an HTTP date always names its weekday.
  if (!/^[A-Z][a-z]{2,8}, /.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
