/** GitHub's issuer, as IAM names it. */
export const gitHubProvider = 'token.actions.githubusercontent.com';

// Of any OIDC token, and of providers that AWS knows by name ("Available keys for AWS OIDC federation", reference of
// IAM and STS condition keys). What isn't listed is never in a request, whatever the token holds.
const ofAll = ['amr', 'aud', 'email', 'oaud', 'sub'];
const ofGitHub = ['actor', 'actor_id', 'job_workflow_ref', 'repository', 'repository_id', 'workflow', 'ref', 'environment', 'enterprise_id']; // biome-ignore format: a list
const ofGoogle = ['azp', 'hd', 'google/organization_number', 'google/compute_engine/project_id'];

/** Which claims of a provider's tokens are condition keys. */
export function claimsKnown(provider: string): readonly string[] {
  if (isGitHub(provider)) return [...ofAll, ...ofGitHub];
  return provider === 'accounts.google.com' ? [...ofAll, ...ofGoogle] : ofAll;
}

/** GitHub's own issuer, an enterprise's below it, or that of a GitHub elsewhere. */
export function isGitHub(provider: string): boolean {
  return /^token\.actions\.[\w-]*\.?(?:githubusercontent\.com|ghe\.com)(?:\/|$)/.test(provider) || isGhes(provider);
}

function isGhes(provider: string): boolean {
  return provider.endsWith('/_services/token');
}

/** Issuers that serve everybody: IAM saves no policy for them whose `sub` says nobody in particular. */
export function isShared(provider: string): boolean {
  return provider === gitHubProvider || provider === 'gitlab.com';
}

/** A token's claims as a policy meets them; a value that isn't known here is undefined. */
export type ClaimSet = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The claims in a token's payload, or why there are none. Numbers and booleans count as texts. */
export function claimsIn(payload: unknown): ClaimSet | undefined {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return undefined;
  const entries = Object.entries(payload).flatMap(([name, value]): [string, string | string[]][] => {
    if (Array.isArray(value)) return [[name, value.filter((one) => typeof one === 'string')]];
    return typeof value === 'object' ? [] : [[name, String(value)]];
  });
  return Object.fromEntries(entries);
}

/** A job on GitHub, told on a command line. */
export interface GitHubJob {
  /** `owner/name`, or `owner@1/name@2` for the immutable form. */
  readonly repo: string;
  /** `main`, `refs/tags/v1`, `refs/pull/5/merge`. */
  readonly ref: string | undefined;
  readonly environment: string | undefined;
  readonly audience: string;
}

/** The claims of a job's token (GitHub's docs, "OpenID Connect reference"). An environment takes the place of the ref in sub. */
export function claimsOfJob({ repo, ref = 'main', environment, audience }: GitHubJob): ClaimSet {
  const [, owner = repo, ownerId, name = '', id] = /^([^/@]+)(?:@(\d+))?\/([^/@]+)(?:@(\d+))?$/.exec(repo) ?? [];
  const full = ref.startsWith('refs/') ? ref : `refs/heads/${ref}`;
  const isPull = full.startsWith('refs/pull/');
  const context =
    environment !== undefined
      ? `environment:${escaped(environment)}`
      : isPull
        ? 'pull_request'
        : `ref:${escaped(full)}`;
  return {
    iss: `https://${gitHubProvider}`,
    aud: audience,
    sub: `repo:${repo}:${context}`,
    repository: `${owner}/${name}`,
    repository_owner: owner,
    ref: full,
    // Whoever names the repository need not know these.
    ...{ repository_id: id, repository_owner_id: ownerId, actor: undefined, actor_id: undefined },
    ...{ workflow: undefined, job_workflow_ref: undefined, enterprise_id: undefined },
    ...(environment === undefined ? {} : { environment }),
  };
}

/** A colon inside a part of sub is written as %3A. */
function escaped(part: string): string {
  return part.replaceAll(':', '%3A');
}
