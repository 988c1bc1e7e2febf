import { TagboatError } from '../../errors.ts';
import { type Emit, emitNotice } from '../../events.ts';
import type { GitCredential } from '../../plan.ts';
import { Secret } from '../../wire/secret.ts';
import type { World } from '../../wire/world.ts';
import { isInTheClear } from '../clear.ts';
import type { Keeper } from '../keeper.ts';
import { createLease, type Lease } from '../lease.ts';
import { appIn, createGitHubApp, type GitHubApp } from './github-app.ts';
import {
  appApi,
  type GitRepo,
  graphqlUrl,
  hostVariable,
  isAllowedInTheClear,
  isBound,
  isNamedHost,
  readGitUrl,
  tokenHosts,
  tokenUser,
  tokenVariables,
} from './host.ts';

/** Credentials for git hosts, each good for its own repo's host alone. */
interface GitLogin {
  /**
   * A token's header when a variable holds one for the host, else a GitHub App's, else the job's own `GITHUB_TOKEN`
   * for the job's own repository. Undefined when there is nothing to send. Throws GIT_PLAIN_HTTP rather than send it
   * unencrypted over a network.
   */
  credential(repo: string): Promise<GitCredential | undefined>;
  /**
   * What to read an app repo with, best first: the job's own token, a token for its host, nothing. `TAGBOAT_TOKEN` is
   * a config repo's, so it goes to no other host than these, unless `TAGBOAT_GIT_HOST` names it.
   */
  readers(repo: string, configRepos: readonly string[]): readonly (GitCredential | undefined)[];
  settled(): Promise<void>;
  /** Ends the App's tokens. Answers why, for each one that couldn't be ended. */
  revoke(): Promise<string[]>;
}

export function createGitLogin(world: World, keeper: Keeper, emit: Emit): GitLogin {
  const { env } = world;
  const leases = new Map<string, Lease<GitCredential>>();
  const warned = new Set<string>();
  let app: GitHubApp | undefined;

  const credential = async (repo: string): Promise<GitCredential | undefined> => {
    const read = readGitUrl(repo);
    if (read === undefined) return undefined;
    const given = tokenCredential(read);
    if (!isInTheClear(read.url)) {
      const found = given ?? (await appCredential(read)) ?? ownCredential(read);
      if (found === undefined) tellUnsent(read);
      return found;
    }
    // Whoever listens on the way can write to the repository from then on. An App's token isn't even made for it.
    if (!isAllowedInTheClear(read, env)) {
      const label = given?.label ?? appLabel(read) ?? ownCredential(read)?.label;
      if (label !== undefined) throw new TagboatError('GIT_PLAIN_HTTP', { repo, host: read.host, with: label });
      return undefined;
    }
    const found = given ?? (await appCredential(read)) ?? ownCredential(read);
    if (found !== undefined) {
      const what = `${found.label} crosses the network unencrypted`;
      warn(read.host, 'GIT_TOKEN_UNENCRYPTED', `${read.host} is reached by plain http: ${what}.`);
    }
    return found;
  };

  function warn(host: string, code: 'GIT_TOKEN_UNENCRYPTED' | 'GIT_TOKEN_WITHHELD', message: string): void {
    if (warned.has(host)) return;
    warned.add(host);
    emitNotice(emit, 'warning', 'auth', code, { host }, message);
  }

  /** A token that stays here, though it is set, looks like one that isn't set: the host's 401 wouldn't tell. */
  function tellUnsent({ host }: GitRepo): void {
    const label = ['TAGBOAT_TOKEN', 'TAGBOAT_APP_ID'].find((name) => env[name]?.trim());
    const known = tokenHosts(env);
    if (label === undefined || known?.hosts.includes(host)) return;
    const why = known === undefined ? '' : ` (it is for ${known.hosts.join(', ')}, by ${known.from})`;
    const own = label === 'TAGBOAT_TOKEN' ? `, or call it ${hostVariable(host)}` : '';
    const instead = `If it is meant for it, name that host in TAGBOAT_GIT_HOST${own}.`;
    warn(host, 'GIT_TOKEN_WITHHELD', `${label} is not used for ${host}${why}. ${instead}`);
  }

  function tokenCredential(
    repo: GitRepo,
    variables: readonly string[] = tokenVariables(repo.host, env),
  ): GitCredential | undefined {
    const variable = variables.find((name) => env[name]?.trim());
    if (variable === undefined) return undefined;
    // A pasted secret often ends in a line end; no host's tokens have white space at their ends.
    return credentialOf(repo, tokenUser(repo.host, env), keeper.keep((env[variable] ?? '').trim(), variable));
  }

  function credentialOf(repo: GitRepo, user: string, token: Secret): GitCredential {
    const { label } = token;
    const url = graphqlUrl(repo, env);
    const bearer = new Secret(`bearer ${token.reveal()}`, label);
    const graphql = url === undefined ? undefined : { url, authorization: bearer };
    return { authorization: keeper.basic(user, token, label), label, token, graphql };
  }

  function appLabel(repo: GitRepo): string | undefined {
    const identity = isBound(repo.host, env) ? appIn(world, keeper) : undefined;
    return identity === undefined ? undefined : `GitHub App ${identity.id}`;
  }

  async function appCredential(repo: GitRepo): Promise<GitCredential | undefined> {
    const { owner, name } = repo;
    const identity = app === undefined ? appIn(world, keeper) : undefined;
    if (identity !== undefined) app = createGitHubApp(world, keeper, identity);
    const api = appApi(repo, env);
    if (app === undefined || api === undefined || owner === undefined || name === undefined) return undefined;
    const key = `${api} ${owner}/${name}`.toLowerCase();
    const lease = leases.get(key) ?? newLease(app, { api, owner, name }, repo);
    leases.set(key, lease);
    return (await lease.get()).value;
  }

  function newLease(
    own: GitHubApp,
    target: { readonly api: string; readonly owner: string; readonly name: string },
    repo: GitRepo,
  ): Lease<GitCredential> {
    const label = `GitHub App ${own.id}`;
    const subject = `${target.owner}/${target.name}`;
    return createLease(world.clock, async () => {
      const start = world.clock.now();
      emit({ type: 'step.started', stage: 'auth', subject, message: `Getting a token as ${label}` });
      const { value, expiresAt } = await own.token(target);
      const seconds = (world.clock.now() - start) / 1_000;
      const message = `${label} may write ${subject} until ${new Date(expiresAt ?? 0).toISOString()}`;
      emit({ type: 'step.finished', stage: 'auth', subject, message, seconds });
      return { value: credentialOf(repo, 'x-access-token', new Secret(value.reveal(), label)), expiresAt };
    });
  }

  /** The job's token works on the job's own repository alone, so it is offered nowhere else. */
  function ownCredential(repo: GitRepo): GitCredential | undefined {
    const { GITHUB_TOKEN: token, GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: own } = env;
    if (!token || !server || !own || !URL.canParse(server) || new URL(server).host !== repo.host) return undefined;
    if (`${repo.owner}/${repo.name}`.toLowerCase() !== own.toLowerCase()) return undefined;
    return credentialOf(repo, 'x-access-token', keeper.keep(token.trim(), 'GITHUB_TOKEN'));
  }

  const readers = (repo: string, configRepos: readonly string[]): readonly (GitCredential | undefined)[] => {
    const read = readGitUrl(repo);
    if (read === undefined) return [undefined];
    const shared = configRepos.some((one) => readGitUrl(one)?.host === read.host) || isNamedHost(read.host, env);
    const token = shared ? tokenCredential(read) : tokenCredential(read, [hostVariable(read.host)]);
    const found = isInTheClear(read.url) && !isAllowedInTheClear(read, env) ? [] : [ownCredential(read), token];
    return [...found.filter((one) => one !== undefined), undefined];
  };

  return {
    credential,
    readers,
    settled: async () => {
      await Promise.all([...leases.values()].map((lease) => lease.settled()));
    },
    revoke: async () => (await app?.revoke()) ?? [],
  };
}
