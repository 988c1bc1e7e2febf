import type { ObjectId } from '../git/pack/object.ts';
import { limitIn } from '../github/graphql.ts';
import { fetchOver, octokitFailure } from '../github/octokit.ts';
import { isLimited, retry } from '../retry.ts';
import type { Secret } from '../secret.ts';
import type { World } from '../world.ts';

/** A pull request as its host tells it; a merge request on GitLab. */
export interface PullRequest {
  readonly number: number;
  /** Its page. */
  readonly url: string;
  readonly state: 'open' | 'merged' | 'closed';
  readonly title: string;
  readonly body: string;
  /** The branch that it is to be merged into. */
  readonly base: string;
  /** The commit that it proposes. */
  readonly head: ObjectId;
  /** Where it is merged: the commit that did it on the base; of a rebase the last one. */
  readonly mergeCommit: string | undefined;
  /** The host says that it can't be merged with its base as they stand; Gitea also while it still works that out. */
  readonly conflicts: boolean;
  readonly labels: readonly string[];
  /** Who is asked: users, and teams as `owner/team`. */
  readonly reviewers: readonly string[];
  readonly author: string;
}

/** What a pull request says. */
export interface Draft {
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
}

/** The pull requests of one repository. Everything throws WireFailure; what changes nothing is tried again. */
export interface Forge {
  /** The open one of a branch of this repository. */
  find(head: string): Promise<PullRequest | undefined>;
  /** The newest of a branch of this repository that are closed, merged or not, newest first; of a host that has many, some. */
  findClosed(head: string): Promise<readonly PullRequest[]>;
  read(number: number): Promise<PullRequest>;
  /** Sent once: a request whose reply is lost may have made it. */
  create(draft: Draft): Promise<PullRequest>;
  edit(number: number, draft: Draft): Promise<PullRequest>;
  close(number: number): Promise<void>;
  label(number: number, labels: readonly string[]): Promise<void>;
  /** Who has given a review, or is its author, isn't asked again. */
  askReviewers(pull: PullRequest, reviewers: readonly string[]): Promise<void>;
  /** Has the host merge this commit of it once it may, which may be at once. */
  mergeWhenReady(pull: PullRequest, head: ObjectId, method: 'merge' | 'squash' | 'rebase'): Promise<void>;
}

/** An API and who asks. */
export interface ForgeAccess {
  /** No slash at the end. */
  readonly api: string;
  readonly token: Secret;
  /** The repository's path on its host: `owner/name`, with more folders on GitLab. */
  readonly path: string;
}

type Parameters = Readonly<Record<string, unknown>>;

/** One request by a route such as `GET /repos/{owner}/{repo}/pulls`. */
export type ApiCall = (route: string, parameters?: Parameters) => Promise<unknown>;

/** Requests of an API by Octokit. What may be sent twice is tried again. Throws WireFailure. */
export function openApi(
  world: World,
  { api, token }: Pick<ForgeAccess, 'api' | 'token'>,
): { once: ApiCall; call: ApiCall } {
  const send: ApiCall = async (route, parameters = {}) => {
    const { request } = await import('@octokit/request');
    try {
      const { status, data, headers } = await request(route, {
        ...{ baseUrl: api, ...parameters },
        headers: { accept: 'application/json', authorization: `Bearer ${token.reveal()}` },
        request: { fetch: fetchOver(world), log: { warn: () => undefined } },
      });
      // Octokit takes a redirect for a success.
      const limit = limitIn(
        data,
        { headers: headers as Readonly<Record<string, string>>, url: api },
        world.clock.now(),
      );
      if (limit !== undefined) throw limit;
      if (status < 300) return data;
      throw Object.assign(new Error('It answered with a redirect: the repository has moved.'), {
        ...{ status: 404, response: { headers: {} } },
      });
    } catch (error) {
      throw octokitFailure(error, api, world);
    }
  };
  // What a rate limit turned away was not done.
  const once: ApiCall = (route, parameters) => retry(() => send(route, parameters), world, { worth: isLimited });
  return { once, call: (route, parameters) => retry(() => send(route, parameters), world) };
}
