import { TagboatError } from '../../errors.ts';
import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import { peerOf, shownUrl, WireFailure } from '../../wire/failure.ts';
import type { Commented } from '../../wire/forge/comments.ts';
import type { Forge } from '../../wire/forge/forge.ts';
import { githubPulls } from '../../wire/forge/github.ts';
import { openMergeRequests } from '../../wire/forge/gitlab.ts';
import { forgeKind, gitlabRoot } from '../../wire/forge/kind.ts';
import { giteaPulls, openPulls } from '../../wire/forge/pulls.ts';
import { isLimited } from '../../wire/retry.ts';
import type { World } from '../../wire/world.ts';

/** The pull requests of a delivery's config repo; nothing is sent yet. Throws PULL_REQUEST_IMPOSSIBLE. */
export function openForge(
  world: World,
  { repo, pullRequest }: Pick<DeliveryPlan, 'repo' | 'pullRequest'>,
  credential: GitCredential | undefined,
): Forge {
  const { kind, access, graphql = '' } = forgeOf(world, repo, pullRequest?.host, credential);
  if (kind === 'gitlab') return openMergeRequests(world, access);
  return openPulls(world, access, kind === 'github' ? githubPulls(graphql) : giteaPulls);
}

/** A repository's host and its API, by the repository's URL. Throws PULL_REQUEST_IMPOSSIBLE. */
export function forgeOf(
  { env }: Pick<World, 'env'>,
  repo: string,
  said: SaidHost,
  credential: GitCredential | undefined,
): Omit<Commented, 'number'> {
  const impossible = (why: string) => new TagboatError('PULL_REQUEST_IMPOSSIBLE', { repo: shownUrl(repo), why });
  const { kind, url } = hostOf(env, repo, said);
  if (credential?.token === undefined) throw impossible('there is no token for it');
  const { token, graphql } = credential;
  const [, before = '', path = ''] = /^(.*)\/([^/]+\/[^/]+?)(?:\.git)?\/?$/.exec(url.pathname) ?? [];
  if (path === '') throw impossible("its URL doesn't end in owner/name");
  switch (kind) {
    case 'github':
      if (graphql === undefined) throw impossible(`${url.host} is no GitHub that this job knows`);
      return { kind, access: { api: restOf(graphql.url), token, path }, graphql: graphql.url };
    case 'gitea':
      return { kind, access: { api: `${url.origin}${before}/api/v1`, token, path }, graphql: undefined };
    case 'gitlab': {
      const root = gitlabRoot(url, env);
      const folder = new URL(root).pathname.replace(/\/$/, '');
      const whole = `${before}/${path}`.slice(folder.length).replace(/^\/+/, '');
      return { kind, access: { api: `${root}/api/v4`, token, path: whole }, graphql: undefined };
    }
  }
}

type SaidHost = NonNullable<DeliveryPlan['pullRequest']>['host'];

/** What a repository's host is, by its URL or as the config says. Throws PULL_REQUEST_IMPOSSIBLE for plain git. */
export function hostOf(env: World['env'], repo: string, said: SaidHost) {
  const impossible = (why: string) => new TagboatError('PULL_REQUEST_IMPOSSIBLE', { repo: shownUrl(repo), why });
  if (!URL.canParse(repo)) throw impossible('it has no URL');
  const url = new URL(repo);
  const kind = said ?? forgeKind(url, env);
  if (kind === undefined) throw impossible(`nothing tells what ${url.host} is, and plain git has no pull requests`);
  return { kind, url };
}

/** GitHub's REST API beside its GraphQL: `/api/v3` beside `/api/graphql` on a server of one's own. */
function restOf(graphql: string): string {
  const api = graphql.replace(/\/graphql$/, '');
  return api.endsWith('/api') ? `${api}/v3` : api;
}

/** What a host's refusal of something about a pull request means. Anything else comes back as it is. */
export function explainForgeFailure(
  failure: unknown,
  { repo }: Pick<DeliveryPlan, 'repo'>,
  doing: string,
  credential: GitCredential | undefined,
): unknown {
  if (!(failure instanceof WireFailure)) return failure;
  const peer = peerOf(failure);
  const about = { repo, doing, status: failure.status, with: credential?.label, limited: isLimited(failure) };
  const data = { ...about, waitSeconds: peer.waitSeconds };
  return new TagboatError('PULL_REQUEST_REFUSED', data, { cause: failure, peer });
}
