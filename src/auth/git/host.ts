import type { Env } from '../../wire/world.ts';

/** A config repo's URL, as far as credentials are concerned. */
export interface GitRepo {
  readonly url: URL;
  /** Host with port, lower case: what a token is bound to. */
  readonly host: string;
  /** The two path segments of a GitHub URL, or undefined when the path has another shape. */
  readonly owner: string | undefined;
  readonly name: string | undefined;
}

/** Reads an http or https URL. Undefined for paths, ssh and the rest, which carry no token. */
export function readGitUrl(repo: string): GitRepo | undefined {
  if (!URL.canParse(repo)) return undefined;
  const url = new URL(repo);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  const [, owner, name] = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/?$/.exec(url.pathname) ?? [];
  return { url, host: url.host, owner, name };
}

/** Whether `TAGBOAT_GIT_INSECURE` (a list with commas) names this host as one to trust with a token all the same. */
export function isAllowedInTheClear({ host }: GitRepo, env: Env): boolean {
  return listed(env.TAGBOAT_GIT_INSECURE).includes(host);
}

/** The variables that may hold a token for this host, best first: the host's own, then a fitting `TAGBOAT_TOKEN`. */
export function tokenVariables(host: string, env: Env): string[] {
  const own = hostVariable(host);
  return isBound(host, env) ? [own, 'TAGBOAT_TOKEN'] : [own];
}

/**
 * The variable that holds a token for this host alone. "-" is written twice (as Terraform does): `git-acme.example`,
 * which anybody can register, shall not get the token of `git.acme.example`.
 */
export function hostVariable(host: string): string {
  return `TAGBOAT_TOKEN_${host
    .toUpperCase()
    .replaceAll('-', '__')
    .replace(/[^A-Z0-9_]/g, '_')}`;
}

/**
 * The hosts that tokens without a host in their name are for: those of `TAGBOAT_GIT_HOST` (a list with commas), else
 * the one whose CI this is. Undefined when nothing tells. A config file never does: a pull request may change it.
 */
export function tokenHosts(env: Env): { readonly hosts: readonly string[]; readonly from: string } | undefined {
  const given = listed(env.TAGBOAT_GIT_HOST);
  if (given.length > 0) return { hosts: given, from: 'TAGBOAT_GIT_HOST' };
  const from = ['GITHUB_SERVER_URL', 'CI_SERVER_URL'].find((name) => URL.canParse(env[name] ?? ''));
  return from === undefined ? undefined : { hosts: [new URL(env[from] ?? '').host], from };
}

/** Whether tokens without a host in their name may go to this host. */
export function isBound(host: string, env: Env): boolean {
  return tokenHosts(env)?.hosts.includes(host) ?? true;
}

/** Whether `TAGBOAT_GIT_HOST` names this host. */
export function isNamedHost(host: string, env: Env): boolean {
  return listed(env.TAGBOAT_GIT_HOST).includes(host);
}

function listed(hosts: string | undefined): string[] {
  const names = (hosts ?? '').split(',').map((one) => one.trim().toLowerCase());
  return names.filter((one) => one !== '');
}

/**
 * The username that goes with a token. GitHub, Gitea, Azure DevOps and GitLab's personal tokens take any name;
 * GitLab's documentation asks for `oauth2`, and Bitbucket's access tokens work with `x-token-auth` alone.
 */
export function tokenUser(host: string, env: Env): string {
  if (env.TAGBOAT_GIT_USER) return env.TAGBOAT_GIT_USER;
  if (/(^|\.)gitlab\./.test(host)) return 'oauth2';
  return host === 'bitbucket.org' ? 'x-token-auth' : 'x-access-token';
}

/** Base of the REST API of this repo's GitHub; undefined when the variables say that GitHub is elsewhere. */
export function githubApi({ url, host }: GitRepo, env: Env): string | undefined {
  const { GITHUB_API_URL: api, GITHUB_SERVER_URL: server } = env;
  if (server && URL.canParse(server) && new URL(server).host === host && api) return api.replace(/\/$/, '');
  if (host === 'github.com') return 'https://api.github.com';
  if (host.endsWith('.ghe.com')) return `https://api.${host}`;
  if (api && !server) return api.replace(/\/$/, '');
  if (server && (!URL.canParse(server) || new URL(server).host !== host)) return undefined;
  // GitHub Enterprise Server.
  return `${url.origin}/api/v3`;
}

/**
 * The API that an App's token request may go to: a host that is only named by the config file could use it on the real
 * GitHub. So an enterprise server counts where the job's variables name it.
 */
export function appApi(repo: GitRepo, env: Env): string | undefined {
  const api = githubApi(repo, env);
  const guessed = api === `${repo.url.origin}/api/v3` && api !== env.GITHUB_API_URL?.replace(/\/$/, '');
  if (!isBound(repo.host, env) || (guessed && tokenHosts(env) === undefined)) return undefined;
  return api;
}

/** The GraphQL endpoint that belongs to it, as GitHub lays them out: `/api/graphql` beside `/api/v3`. */
export function graphqlUrl(repo: GitRepo, env: Env): string | undefined {
  const { GITHUB_API_URL: api, GITHUB_GRAPHQL_URL: graphql } = env;
  const rest = githubApi(repo, env);
  if (graphql && rest !== undefined && rest === api?.replace(/\/$/, '')) return graphql;
  return rest === undefined ? undefined : `${rest.replace(/\/v3$/, '')}/graphql`;
}
