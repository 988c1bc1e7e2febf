import { wrongAnswer } from '../failure.ts';
import { jsonIn, numberAt, textAt } from '../fields.ts';
import { readBody } from '../http.ts';
import { answerFailure } from '../retry.ts';
import type { Secret } from '../secret.ts';
import { beginning } from '../text/shorten.ts';
import type { World } from '../world.ts';

/** The REST API of one GitHub repository, and the way to it. */
export interface GitHubRepository extends Pick<World, 'http' | 'clock' | 'signal'> {
  /** `https://api.github.com`, no slash at the end. */
  readonly api: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly token: Secret;
}

export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'error' | 'inactive';

/** Longer descriptions are refused. */
export const longestDescription = 140;

/** Makes a deployment of a commit, merging and requiring nothing; answers its id. Throws WireFailure. */
export async function createDeployment(
  at: GitHubRepository,
  deployment: {
    readonly ref: string;
    readonly environment: string;
    readonly description: string;
    readonly transient?: boolean | undefined;
    readonly production?: boolean | undefined;
  },
): Promise<number> {
  const { transient, production, ...asked } = deployment;
  const body = {
    ...asked,
    description: beginning(deployment.description, longestDescription),
    transient_environment: transient,
    production_environment: production,
    auto_merge: false,
    required_contexts: [],
  };
  const value = await send(at, 'deployments', body);
  const id = numberAt(value, 'id');
  if (id > 0) return id;
  throw wrongAnswer(at.api, 'made no deployment');
}

/** Says how a deployment stands; an environment's earlier ones become inactive with a success. Throws WireFailure. */
export async function setDeploymentStatus(
  at: GitHubRepository,
  id: number,
  status: {
    readonly state: DeploymentState;
    readonly description: string;
    readonly logUrl: string | undefined;
    readonly url?: string | undefined;
    readonly autoInactive?: boolean | undefined;
  },
): Promise<void> {
  await send(at, `deployments/${id}/statuses`, {
    state: status.state,
    description: beginning(status.description, longestDescription),
    auto_inactive: status.autoInactive ?? true,
    environment_url: status.url,
    log_url: status.logUrl,
  });
}

/** A deployment, newest first in a list, and when it first succeeded: ISO 8601, undefined if it never did. */
export interface ListedDeployment {
  readonly sha: string;
  readonly description: string;
  readonly succeededAt: string | undefined;
}

/** The newest deployments to an environment, each with a request of its own for its statuses. Throws WireFailure. */
export async function listDeployments(
  at: GitHubRepository,
  environment: string,
  most: number,
): Promise<ListedDeployment[]> {
  const all = await listed(at, environment, most);
  const one = async (value: unknown): Promise<ListedDeployment> => {
    const statuses = await send(at, `deployments/${numberAt(value, 'id')}/statuses?per_page=100`);
    const good = (Array.isArray(statuses) ? statuses : []).filter((status) => textAt(status, 'state') === 'success');
    const times = good.map((status) => textAt(status, 'created_at')).sort();
    return { sha: textAt(value, 'sha'), description: textAt(value, 'description'), succeededAt: times[0] || undefined };
  };
  return Promise.all(all.map(one));
}

async function listed(at: GitHubRepository, environment: string, most: number): Promise<unknown[]> {
  const all = await send(at, `deployments?environment=${encodeURIComponent(environment)}&per_page=${most}`);
  return (Array.isArray(all) ? all : []).slice(0, most);
}

/** The ids of the newest deployments to an environment. Throws WireFailure. */
export async function deploymentIds(at: GitHubRepository, environment: string, most: number): Promise<number[]> {
  return (await listed(at, environment, most)).map((value) => numberAt(value, 'id'));
}

/** One request: a POST with a body, or else a GET. */
async function send(at: GitHubRepository, path: string, body?: unknown): Promise<unknown> {
  const { http, api, repository, token, signal } = at;
  const url = `${api}/repos/${repository}/${path}`;
  const response = await http({
    method: body === undefined ? 'GET' : 'POST',
    url,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token.reveal()}`,
      'content-type': 'application/json',
      'x-github-api-version': '2022-11-28',
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
    idleMs: 20_000,
  });
  const text = (await readBody(response, 1024 * 1024)).toString('utf8');
  const value = jsonIn(text);
  if (response.status === (body === undefined ? 200 : 201)) return value;
  throw answerFailure(response, at.clock.now(), { text: textAt(value, 'message') });
}
