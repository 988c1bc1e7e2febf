import { type ApiAnswer, type ApiRequest, json } from '../../../src/sandbox/api.ts';

/** A pull request of the stand-in. */
export interface PullOfApi {
  readonly number: number;
  title: string;
  body: string;
  state: 'open' | 'closed';
  base: string;
  readonly head: string;
  labels: string[];
  reviewers: string[];
  merged: string | undefined;
  /** How it is to be merged once it may. */
  auto: string | undefined;
}

/** The branches behind the API. */
export interface Branches {
  readonly tip: (branch: string) => Promise<string | undefined>;
  /** Merges, and answers the commit that did it; undefined where it can't be merged. */
  readonly merge: (base: string, head: string, how: string) => Promise<string | undefined>;
  /** Whether a merge would conflict. Default: never. */
  readonly conflict?: (base: string, head: string) => Promise<boolean>;
}

/** GitHub's API of the pull requests of one repository. */
export interface Pulls {
  readonly all: readonly PullOfApi[];
  /** Undefined when the request isn't about pull requests. */
  answer(request: ApiRequest, path: string): Promise<ApiAnswer> | undefined;
  /** As a person merges it. Answers the commit. */
  merge(number: number, how: string): Promise<string | undefined>;
}

/** What stands in the way of a merge: nothing, or a review that is required. */
export interface PullsOptions {
  readonly repository: string;
  readonly token: string;
  readonly branches: Branches;
  readonly blocked?: boolean;
}

export function createPulls({ repository, token, branches, blocked = false }: PullsOptions): Pulls {
  const all: PullOfApi[] = [];
  const [owner = ''] = repository.split('/');
  const shown = async (pull: PullOfApi) => {
    const sha = (await branches.tip(pull.head)) ?? '0'.repeat(40);
    return {
      ...{ number: pull.number, node_id: `PR_${pull.number}`, title: pull.title, body: pull.body, state: pull.state },
      html_url: `https://github.example/${repository}/pull/${pull.number}`,
      head: { ref: pull.head, sha, repo: { full_name: repository } },
      base: { ref: pull.base },
      user: { login: 'tagboat[bot]' },
      labels: pull.labels.map((name) => ({ name })),
      requested_reviewers: pull.reviewers.filter((one) => !one.startsWith('team:')).map((login) => ({ login })),
      requested_teams: pull.reviewers.filter((one) => one.startsWith('team:')).map((one) => ({ slug: one.slice(5) })),
      ...{
        merge_commit_sha: pull.merged ?? null,
        merged_at: pull.merged === undefined ? null : '2026-01-02T03:04:05Z',
      },
    };
  };
  // A list tells of none whether it is merged, or could be.
  const whole = async (pull: PullOfApi) => {
    const isOpen = pull.state === 'open';
    const dirty = isOpen && (await branches.conflict?.(pull.base, pull.head)) === true;
    return {
      ...(await shown(pull)),
      ...{ merged: pull.merged !== undefined, mergeable: isOpen ? !dirty : null },
      mergeable_state: dirty ? 'dirty' : blocked ? 'blocked' : 'clean',
    };
  };
  const merge = async (number: number, how: string): Promise<string | undefined> => {
    const pull = all.find((one) => one.number === number);
    if (pull === undefined || pull.state === 'closed') return undefined;
    const commit = await branches.merge(pull.base, pull.head, how);
    if (commit !== undefined) Object.assign(pull, { state: 'closed', merged: commit });
    return commit;
  };
  const failed = (message: string) => json(422, { message: 'Validation Failed', errors: [{ message }] });

  const create = async ({ title = '', body = '', head = '', base = '' }: Readonly<Record<string, string>>) => {
    if ((await branches.tip(head)) === undefined || (await branches.tip(base)) === undefined)
      return failed('no branch');
    if (all.some((one) => one.state === 'open' && one.head === head && one.base === base))
      return failed(`A pull request already exists for ${owner}:${head}.`);
    const made: PullOfApi = {
      ...{ number: all.length + 1, title, body, head, base, state: 'open', labels: [], reviewers: [] },
      ...{ merged: undefined, auto: undefined },
    };
    all.push(made);
    return json(201, await whole(made));
  };

  const graphql = (value: { readonly variables?: { readonly input?: Readonly<Record<string, string>> } }) => {
    const { pullRequestId, mergeMethod } = value.variables?.input ?? {};
    const pull = all.find(({ number }) => `PR_${number}` === pullRequestId);
    const message = pull === undefined ? 'Could not resolve to a node' : 'Pull request is in clean status';
    if (pull === undefined || !blocked) return json(200, { data: null, errors: [{ type: 'UNPROCESSABLE', message }] });
    pull.auto = mergeMethod;
    return json(200, { data: { enablePullRequestAutoMerge: { pullRequest: { number: pull.number } } } });
  };

  const one = async (pull: PullOfApi, rest: string, method: string, value: Readonly<Record<string, unknown>>) => {
    const list = (key: string) => (Array.isArray(value[key]) ? (value[key] as string[]) : []);
    switch (`${method} ${rest}`) {
      case 'GET ':
        return json(200, await whole(pull));
      case 'PATCH ':
        Object.assign(pull, value);
        return json(200, await whole(pull));
      case 'GET /reviews':
        return json(200, []);
      case 'POST /labels':
        pull.labels = [...new Set([...pull.labels, ...list('labels')])];
        return json(200, await Promise.resolve(pull.labels.map((name) => ({ name }))));
      case 'POST /requested_reviewers':
        pull.reviewers = [
          ...pull.reviewers,
          ...list('reviewers'),
          ...list('team_reviewers').map((team) => `team:${team}`),
        ];
        return json(201, await shown(pull));
      case 'PUT /merge': {
        if (value.sha !== (await branches.tip(pull.head))) return json(409, { message: 'Head branch was modified.' });
        if (blocked) return json(405, { message: 'At least 1 approving review is required.' });
        const sha = await merge(pull.number, String(value.merge_method));
        return sha === undefined ? json(405, { message: 'Not mergeable' }) : json(200, { sha, merged: true });
      }
      default:
        return json(404, { message: 'Not Found' });
    }
  };

  return {
    all,
    merge,
    answer: ({ method, headers, body, query }, path) => {
      const [, at, kind, number, rest = ''] =
        /^\/repos\/([^/]+\/[^/]+)\/(pulls|issues)(?:\/(\d+)(\/\w+)?)?$/.exec(path) ?? [];
      if (at === undefined && path !== '/graphql') return undefined;
      if (headers.authorization !== `Bearer ${token}`)
        return Promise.resolve(json(401, { message: 'Bad credentials' }));
      const value = (body.length === 0 ? {} : JSON.parse(body.toString())) as Readonly<Record<string, string>>;
      if (path === '/graphql') return Promise.resolve(graphql(value as never));
      if (at !== repository) return Promise.resolve(json(404, { message: 'Not Found' }));
      if (number !== undefined) {
        const known = all.find((pull) => String(pull.number) === number);
        return known === undefined
          ? Promise.resolve(json(404, { message: 'Not Found' }))
          : one(known, rest, method, value);
      }
      if (kind !== 'pulls') return undefined;
      if (method === 'POST') return create(value);
      const listed = all.filter(
        (pull) => pull.state === query.get('state') && query.get('head') === `${owner}:${pull.head}`,
      );
      return Promise.all(listed.toReversed().map(shown)).then((list) => json(200, list));
    },
  };
}
