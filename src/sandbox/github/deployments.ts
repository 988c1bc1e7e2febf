import { type ApiAnswer, type ApiRequest, json } from '../api.ts';

/** A deployment and how it was said to stand, in order. */
export interface Deployment {
  readonly id: number;
  readonly repository: string;
  readonly ref: string;
  readonly environment: string;
  readonly statuses: { readonly state: string; readonly description: string; readonly log_url?: string }[];
}

/** GitHub's Deployments API, for one token with `deployments: write`. */
interface Deployments {
  readonly all: readonly Deployment[];
  /** Undefined when the request isn't about deployments. */
  answer(request: ApiRequest, path: string): ApiAnswer | undefined;
}

export function createDeployments(token: string): Deployments {
  const all: Deployment[] = [];
  return {
    all,
    answer: ({ method, headers, body }, path) => {
      const [, repository, id] = /^\/repos\/([^/]+\/[^/]+)\/deployments(?:\/(\d+)\/statuses)?$/.exec(path) ?? [];
      if (repository === undefined || method !== 'POST') return undefined;
      if (headers.authorization !== `Bearer ${token}`)
        return json(403, { message: 'Resource not accessible by integration' });
      const value = JSON.parse(body.toString()) as Record<string, string>;
      if (id === undefined) {
        const made = {
          id: all.length + 1,
          repository,
          ref: value.ref ?? '',
          environment: value.environment ?? '',
          statuses: [],
        };
        all.push(made);
        return json(201, { id: made.id });
      }
      const known = all.find((one) => String(one.id) === id && one.repository === repository);
      if (known === undefined) return json(404, { message: 'Not Found' });
      if ((value.description?.length ?? 0) > 140) return json(422, { message: 'Validation Failed' });
      known.statuses.push(value as unknown as Deployment['statuses'][number]);
      return json(201, { id: known.statuses.length });
    },
  };
}
