import { timeOf, WireFailure } from './failure.ts';
import type { Tell, World } from './world.ts';

/** What waiting takes: time, chance, the run's stop, and a person to tell. */
export type Patient = Pick<World, 'clock' | 'random' | 'signal' | 'notice' | 'patienceMs'>;

/** Failures of one peer without a success between them: whoever asks it shares what is left of the patience. */
export interface Outage {
  since?: number | undefined;
  /** Until when a person knows that it is waited for. */
  toldUntil?: number | undefined;
}

interface RetryOptions {
  /** Ends this work in place of the run's own signal. */
  readonly signal?: AbortSignal | undefined;
  /** Tries in all, the first included, whatever failed. Default: by the kind of the failure. */
  readonly tries?: number | undefined;
  /** No wait ends later than this after the first failure, milliseconds. Default 2 minutes. */
  readonly withinMs?: number | undefined;
  /** Nor later than this time of the clock. */
  readonly until?: number | undefined;
  /** Whether a failure is worth another try. Default: a WireFailure that says it is retryable. */
  readonly worth?: ((error: unknown) => boolean) | undefined;
  readonly outage?: Outage | undefined;
}

/** How far a peer's failures are borne, and the waits between. */
export interface Patience {
  /** Waits before work that failed so is tried again. Throws the error where that is of no use, or the time is up. */
  after(error: unknown): Promise<void>;
}

/** A stage's budget for a peer that fails, milliseconds. */
const budgetMs = 120_000;
/** A host where nobody listens restarts in this time, or its address is wrong. Milliseconds. */
const unreachableMs = 30_000;
/** Tries of what will mostly fail again: a server that fails by itself, a name that nobody knows. */
const doubtfulTries = 5;
/** Silence for a whole idle limit has been waited for already; by whom has little patience, once is enough. */
const silentTries = 2;
/** Upper bounds of the first wait of our own choosing, doubled with each further one, and of the longest. Milliseconds. */
const firstWaitMs = 250;
const longestWaitMs = 20_000;
/** Milliseconds after which a person is told what is waited for. */
export const momentMs = 1_000;

/**
 * Runs `work` until it succeeds, or its failure isn't borne any more; then throws that. The one rule for all protocols:
 * what passes is tried again until the budget is spent, the rest a few times. Only for work that is safe to do twice:
 * that is the caller's judgement.
 */
export async function retry<T>(work: () => Promise<T>, waiting: Patient, options: RetryOptions = {}): Promise<T> {
  const { outage = {} } = options;
  const patience = patienceOf(waiting, { ...options, outage });
  for (;;) {
    (options.signal ?? waiting.signal).throwIfAborted();
    try {
      const result = await work();
      outage.since = undefined;
      outage.toldUntil = undefined;
      return result;
    } catch (error) {
      await patience.after(error);
    }
  }
}

/** The same rule for loops that go on differently after a failure. */
export function patienceOf(waiting: Patient, options: RetryOptions = {}): Patience {
  const { clock, notice } = waiting;
  const { until = Number.POSITIVE_INFINITY, worth = isRetryable, outage = {} } = options;
  const withinMs = Math.min(options.withinMs ?? budgetMs, waiting.patienceMs ?? Number.POSITIVE_INFINITY);
  const signal = options.signal ?? waiting.signal;
  let failures = 0;
  let began: number | undefined;
  return {
    after: async (error) => {
      const now = clock.now();
      began ??= now;
      outage.since ??= now;
      failures += 1;
      if (signal.aborted || !worth(error) || failures >= (options.tries ?? triesFor(error, waiting))) throw error;
      const limitMs = isUnreachable(error) ? Math.min(withinMs, unreachableMs) : withinMs;
      const end = Math.min(until, Math.min(began, outage.since) + limitMs);
      // Half of it is fixed, so that the tries within a budget are few however the dice fall.
      const halfMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (failures - 1)) / 2;
      const wishMs = error instanceof WireFailure ? error.retryAfterMs : undefined;
      const dice = waiting.random() * halfMs;
      const waitMs = Math.round(wishMs === undefined ? halfMs + dice : wishMs + 2 * dice);
      if (now + waitMs > end) throw error;
      const asked = (wishMs ?? 0) >= momentMs;
      const known = asked ? now + waitMs : end;
      if (now + waitMs - began >= momentMs && known > (outage.toldUntil ?? 0) + momentMs) {
        outage.toldUntil = known;
        tellWait(notice, error, waitMs, end - now);
      }
      await clock.sleep(waitMs, signal);
    },
  };
}

/** Tells a person why is waited, how long, and for how long in all. */
export function tellWait(notice: Tell, error: unknown, waitMs: number, leftMs: number): void {
  const seconds = (ms: number): number => Math.max(1, Math.round(ms / 1_000));
  const what = error instanceof Error ? error.message : String(error);
  const { limit, url: peer = '' } = error instanceof WireFailure ? error : {};
  const until = timeOf(limit);
  const why =
    limit === undefined ? '' : `, which is its limit of requests${until === undefined ? '' : `, until ${until}`}`;
  const again = `it is tried again in ${seconds(waitMs)} s, for ${seconds(leftMs)} s at most`;
  notice(`${what}${why}: ${again}.`, { peer, seconds: seconds(waitMs), until, limited: limit !== undefined });
}

/** A WireFailure that says the same request may succeed later. */
export function isRetryable(error: unknown): boolean {
  return error instanceof WireFailure && error.retryable;
}

/**
 * Whether a fault mostly passes within a minute or two. A server that fails by itself (500), whose name nobody knows, or
 * that hung for the whole idle limit will mostly do so again; so will a page of somebody else's.
 */
export function passes(failure: unknown): boolean {
  if (!(failure instanceof WireFailure) || !failure.retryable || failure.kind === 'malformed') return false;
  return failure.kind !== 'timeout' && failure.status !== 500 && failure.peerCode !== 'ENOTFOUND';
}

function triesFor(error: unknown, { patienceMs }: Patient): number {
  if (passes(error)) return Number.POSITIVE_INFINITY;
  const isSilence = error instanceof WireFailure && error.kind === 'timeout';
  return isSilence ? (patienceMs === undefined ? silentTries : 1) : doubtfulTries;
}

function isUnreachable(error: unknown): boolean {
  return error instanceof WireFailure && error.kind === 'unreachable';
}

/**
 * Milliseconds to wait after failed attempt `attempt`: full jitter, so that clients that failed together don't come
 * back together. What the peer asked for (`Retry-After`) is the least wait; the jitter comes on top of it.
 */
export function backoff(
  attempt: number,
  error: unknown,
  options: { readonly random: () => number; readonly baseMs?: number; readonly capMs?: number },
): number {
  const { random, baseMs = firstWaitMs, capMs = 10_000 } = options;
  const jitter = Math.round(random() * Math.min(capMs, baseMs * 2 ** (attempt - 1)));
  return ((error instanceof WireFailure ? error.retryAfterMs : undefined) ?? 0) + jitter;
}

/** A status after which the same request may succeed: overload, and faults of the server or of a proxy before it. */
export function isPassingStatus(status: number): boolean {
  return [408, 425, 429, 500, 502, 503, 504].includes(status);
}

/**
 * What an answer asks to wait, in milliseconds: `Retry-After` in seconds or as an HTTP date (RFC 9110 §10.2.3), else the time
 * of the next allowance where this one is spent. Times are taken by the clock that tells them. Undefined when absent or
 * unreadable.
 */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const text = headers['retry-after']?.trim();
  if (text === undefined) return isSpent(headers) ? resetMs(headers, now) : undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  // Date.parse also takes bare years and "-5"; an HTTP date always names its weekday.
  if (!/^[A-Z][a-z]{2,8}, /.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - hostTime(headers, now));
}

type Headers = Readonly<Record<string, string | undefined>>;

/** Whether the allowance is used up, as GitHub, Azure DevOps and Bitbucket (`X-`) and GitLab and Docker Hub count it. */
export function isSpent(headers: Headers): boolean {
  return ['x-ratelimit-remaining', 'ratelimit-remaining'].some((name) =>
    /^0(?![\d.])/.test(headers[name]?.trim() ?? ''),
  );
}

/** Until the next allowance: told as a time (GitHub, GitLab), or as seconds from now (RateLimit's drafts, Bitbucket). */
function resetMs(headers: Headers, now: number): number | undefined {
  const told = headers['x-ratelimit-reset'] ?? headers['ratelimit-reset'] ?? headers['x-ratelimit-interval-seconds'];
  const reset = Number(told?.trim() || Number.NaN);
  if (!(reset > 0)) return undefined;
  // No allowance is thirty years away.
  return Math.max(0, reset > 1e9 ? reset * 1_000 - hostTime(headers, now) : reset * 1_000);
}

/** What the host's clock said when it answered (RFC 9110 §6.6.1), in milliseconds: ours may be hours off. */
function hostTime({ date = '' }: Headers, now: number): number {
  const at = Date.parse(date);
  return Number.isNaN(at) ? now : at;
}

/** What GitHub's own limits of many requests at once, which tell no time, are waited for at least. Milliseconds. */
const untoldMs = 60_000;

/**
 * An answer with an error status as a failure: whether the same request may succeed later, and when. A rate limit is 429,
 * and 403 too on GitHub: by its headers, or for secondary limits by its words alone
 * (docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api).
 */
export function answerFailure(
  answer: { readonly status: number; readonly headers: Headers; readonly url: string },
  now: number,
  said: { readonly code?: string | undefined; readonly text?: string | undefined; readonly message?: string } = {},
): WireFailure {
  const { status, headers, url } = answer;
  const inWords = [403, 429].includes(status) && /\brate limit/i.test(said.text ?? '');
  const waitMs = retryAfterMs(headers, now) ?? (inWords && !isSpent(headers) ? untoldMs : undefined);
  const limited = status === 429 || (status === 403 && (inWords || waitMs !== undefined || isSpent(headers)));
  return new WireFailure('status', url, {
    ...{ message: said.message, status, peerCode: said.code, peerText: said.text },
    retryable: limited || isPassingStatus(status),
    retryAfterMs: waitMs,
    limit: limited ? { until: waitMs === undefined ? undefined : now + waitMs } : undefined,
  });
}

/** A failure in which the host did nothing, because it was asked too often: what changes something may be sent again too. */
export function isLimited(error: unknown): boolean {
  return error instanceof WireFailure && error.limit !== undefined;
}
