import { type ApiAnswer, type ApiRequest, json } from '../../../src/sandbox/api.ts';

/** A deployment and how it was said to stand, in order. */
export interface Deployment {
  readonly id: number;
  readonly repository: string;
  readonly ref: string;
  readonly environment: string;
  readonly description: string;
  readonly transient_environment: boolean;
  readonly production_environment: boolean;
  readonly statuses: {
    readonly state: string;
    readonly description: string;
    readonly log_url?: string;
    readonly environment_url?: string;
    readonly auto_inactive?: boolean;
  }[];
}

/** GitHub's Deployments API, for one token with `deployments: write`. */
interface Deployments {
  readonly all: readonly Deployment[];
  /** Undefined when the request isn't about deployments. */
  answer(request: ApiRequest, path: string): ApiAnswer | undefined;
}

export function createDeployments(token: string): Deployments {
  const all: Deployment[] = [];
  const told = new Map<number, { state: string; created_at: string }[]>();
  return {
    all,
    answer: ({ method, headers, body, query }, path) => {
      const [, repository, id] = /^\/repos\/([^/]+\/[^/]+)\/deployments(?:\/(\d+)\/statuses)?$/.exec(path) ?? [];
      if (repository === undefined || !['GET', 'POST'].includes(method)) return undefined;
      if (headers.authorization !== `Bearer ${token}`)
        return json(403, { message: 'Resource not accessible by integration' });
      if (method === 'GET' && id !== undefined) return json(200, told.get(Number(id)) ?? []);
      if (method === 'GET') return json(200, listed(all, repository, query.get('environment')));
      const value = JSON.parse(body.toString()) as Record<string, string | undefined> & {
        readonly transient_environment?: boolean;
        readonly production_environment?: boolean;
      };
      if (id === undefined) {
        const made = {
          id: all.length + 1,
          repository,
          ref: value.ref ?? '',
          environment: value.environment ?? '',
          description: value.description ?? '',
          transient_environment: value.transient_environment ?? false,
          production_environment: value.production_environment ?? value.environment === 'production',
          statuses: [],
        };
        all.push(made);
        return json(201, { id: made.id });
      }
      const known = all.find((one) => String(one.id) === id && one.repository === repository);
      if (known === undefined) return json(404, { message: 'Not Found' });
      if ((value.description?.length ?? 0) > 140) return json(422, { message: 'Validation Failed' });
      const status = { state: value.state ?? '', created_at: new Date().toISOString() };
      told.set(known.id, [...(told.get(known.id) ?? []), status]);
      known.statuses.push(value as unknown as Deployment['statuses'][number]);
      return json(201, { id: known.statuses.length });
    },
  };
}

/** Newest first, as GitHub lists them. */
function listed(all: readonly Deployment[], repository: string, environment: string | null): object[] {
  return all
    .filter((one) => one.repository === repository && one.environment === environment)
    .map(({ id, ref, description }) => ({ id, sha: ref, description }))
    .toReversed();
}
