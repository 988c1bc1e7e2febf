import { type ApiAnswer, json } from '../../src/sandbox/api.ts';
import type { GitHostFault } from '../../src/sandbox/git-host/git-host.ts';
import type { Clock } from '../../src/wire/world.ts';

type Headers = Readonly<Record<string, string>>;

/** One count of requests, as hosts keep it: so many in a window, and then none until the next one. */
export interface Allowance {
  /** Counts a request. What its answer tells of it, and whether it is one too many. */
  take(): { readonly headers: Headers; readonly isOver: boolean };
  /** Requests that were one too many. */
  readonly refused: () => number;
}

/** A host that takes `most` requests in each `windowMs`, by this clock, and tells so by names as `headers` has them. */
export function allowance(
  clock: Pick<Clock, 'now'>,
  { most, windowMs }: { readonly most: number; readonly windowMs: number },
  headers: (left: number, reset: number) => Headers,
): Allowance {
  let used = 0;
  let ends = 0;
  let refused = 0;
  return {
    take: () => {
      const now = clock.now();
      if (now >= ends) {
        used = 0;
        // Told in whole seconds.
        ends = Math.ceil((now + windowMs) / 1_000) * 1_000;
      }
      used += 1;
      const isOver = used > most;
      if (isOver) refused += 1;
      const date = new Date(now).toUTCString();
      return { isOver, headers: { date, ...headers(Math.max(0, most - used), ends / 1_000) } };
    },
    refused: () => refused,
  };
}

/** docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api. */
export const likeGitHub =
  (resource: string) =>
  (left: number, reset: number): Headers => ({
    'x-ratelimit-remaining': String(left),
    'x-ratelimit-reset': String(reset),
    'x-ratelimit-resource': resource,
  });

/** docs.gitlab.com/administration/settings/user_and_ip_rate_limits. */
export const likeGitLab =
  (name: string) =>
  (left: number, reset: number): Headers => ({
    'ratelimit-remaining': String(left),
    'ratelimit-reset': String(reset),
    'ratelimit-name': name,
  });

/** An API's answer under an allowance. */
export async function answerWithin(
  { take }: Allowance,
  answer: () => ApiAnswer | Promise<ApiAnswer>,
): Promise<ApiAnswer> {
  const { headers, isOver } = take();
  if (isOver) return json(403, { message: 'API rate limit exceeded' }, headers);
  const own = await answer();
  return { ...own, headers: { ...own.headers, ...headers } };
}

/** The same for a git host. */
export function gitWithin({ take }: Allowance): GitHostFault {
  const { headers, isOver } = take();
  return isOver ? { is: 'answer', status: 429, headers, body: 'Retry later\n' } : { is: 'tells', headers };
}
