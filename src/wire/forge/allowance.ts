import { Readable } from 'node:stream';
import { shownUrl, WireFailure } from '../failure.ts';
import type { Http, HttpResponse } from '../http.ts';
import { isSpent, retryAfterMs } from '../retry.ts';
import type { Clock } from '../world.ts';

/** What one host counts together. */
type Counted = 'core' | 'graphql' | 'search' | 'code_search' | 'git' | 'registry';

/**
 * What the names of limits count: GitHub's resources (docs.github.com/rest/rate-limit) and GitLab's throttles
 * (docs.gitlab.com/administration/settings/user_and_ip_rate_limits), where git is the web unless it has a limit of its own.
 * Any other name is of something that no request here is known to fall under: GitLab's files, and Azure DevOps' words, which
 * it says are for people. It delays what comes after, and refuses nothing.
 */
const named: Readonly<Record<string, Counted>> = {
  ...{ core: 'core', graphql: 'graphql', search: 'search', code_search: 'code_search' },
  ...{ throttle_authenticated_api: 'core', throttle_unauthenticated_api: 'core' },
  ...{ throttle_authenticated_web: 'git', throttle_unauthenticated_web: 'git' },
  ...{ throttle_authenticated_git_http: 'git', throttle_unauthenticated_git_http: 'git' },
};

/** The longest that a host counts at once. A next allowance beyond it is a clock's fault. Milliseconds. */
const longestMs = 3_600_000;

/** When by our clock it was told that an allowance is used up, and until when. */
interface Spent {
  readonly since: number;
  readonly until: number;
}

/**
 * The same http, which sends nothing that a host has said it would refuse: where an answer told that no request is left, the
 * next ones of what it counts together, with the same credential, fail as if they had been refused, until the time it told.
 * `retry` waits for that as for any limit. A host that tells no time, or one beyond an hour, is asked and may refuse.
 */
export function withinAllowance(http: Http, clock: Pick<Clock, 'now'>): Http {
  const spent = new Map<string, Spent>();
  return async (request) => {
    const url = new URL(request.url);
    const keyOf = (counted: Counted | 'all'): string =>
      JSON.stringify([url.origin, request.headers?.authorization, counted]);
    const counted = countedWith(url.pathname);
    if (counted === 'registry') return http(request);
    const now = clock.now();
    for (const { since, until } of ['all' as const, counted].flatMap((one) => spent.get(keyOf(one)) ?? [])) {
      // A clock that was set back tells no times any more.
      if (now < since || now >= until) continue;
      if (request.body instanceof Readable) request.body.destroy();
      throw allowanceSpent(shownUrl(url), until, now);
    }
    const response = await http(request);
    const { headers } = response;
    const told = clock.now();
    const ms = isSpent(headers) ? retryAfterMs(headers, told) : undefined;
    const limit = limitNamed(headers);
    if (ms !== undefined && ms <= longestMs && limit !== undefined)
      spent.set(keyOf(limit), { since: told, until: told + ms });
    return response;
  };
}

/** What a request to this path is counted with. Of registries the hosts count single kinds of requests. */
function countedWith(path: string): Counted {
  if (/\/(info\/refs|git-(upload|receive)-pack)$/.test(path)) return 'git';
  if (path.startsWith('/v2/')) return 'registry';
  if (path.endsWith('/graphql')) return 'graphql';
  const [, search] = /^(?:\/api\/v3)?\/search\/(\w+)/.exec(path) ?? [];
  return search === undefined ? 'core' : search === 'code' ? 'code_search' : 'search';
}

/**
 * What the limit counts that an answer tells of. Bitbucket Data Center, known by its interval, names none and counts all
 * that it is asked with a credential. Whoever else names none (Envoy, Kong, Vault) may count this one path.
 */
function limitNamed(headers: HttpResponse['headers']): Counted | 'all' | undefined {
  const name = headers['x-ratelimit-resource'] ?? headers['ratelimit-name'];
  if (name !== undefined) return named[name];
  return headers['x-ratelimit-interval-seconds'] === undefined ? undefined : 'all';
}

function allowanceSpent(url: string, until: number, now: number): WireFailure {
  return new WireFailure('status', url, {
    message: `${url} is not asked: its last answer said that no request is left`,
    // As it would have answered.
    status: 429,
    peerText: 'No request is left, it said, and was not asked.',
    retryable: true,
    retryAfterMs: until - now,
    limit: { until },
  });
}
