import { isError, TagboatError } from '../errors.ts';
import { type Emit, emitNotice } from '../events.ts';
import type { ArgoCdPlan } from '../plan/deploy.ts';
import type { CloudPlans, GitCredential, RegistryCredential, RegistryPlan } from '../plan.ts';
import type { Http } from '../wire/http.ts';
import type { Secret } from '../wire/secret.ts';
import type { World } from '../wire/world.ts';
import type { ClusterLogin } from './argocd/cluster.ts';
import { type ArgoCdLogin, createArgoCdLogin } from './argocd/login.ts';
import { isEcrPublic, readEcrHost } from './aws/ecr-host.ts';
import { type AwsLogin, createAwsLogin } from './aws/login.ts';
import { acrToken, isAcrHost } from './azure/login.ts';
import { createGitLogin } from './git/login.ts';
import { googleDefault, googleToken, isGoogleHost } from './google/login.ts';
import { createKeeper, keepVariables } from './keeper.ts';
import { createLease, type Lease, type Leased } from './lease.ts';
import { fetchIdToken } from './oidc.ts';
import { checkDestination } from './registry/destination.ts';
import { dockerLogin, loginPlaces } from './registry/docker-login.ts';
import { isListed } from './registry/variables.ts';

/** Every credential of a run: fetched when first wanted, shared, renewed before its end, ended with the run. */
export interface Auth {
  /**
   * What a registry wants to see, or undefined to go without. Ask again before each use: the answer is cached and
   * renewed. Throws a TagboatError with exit code 3 (2 when the plan can't work).
   */
  registry(registry: RegistryPlan): Promise<RegistryCredential | undefined>;
  /** The header for a config repo's host, or undefined to go without. Cached and renewed likewise. */
  git(repo: string): Promise<GitCredential | undefined>;
  /** What AWS tells of the role and of repositories; undefined where there is nothing to ask with. */
  account: AwsLogin['account'];
  /** The way into Argo CD's API; `http` is one that trusts the server. */
  argocd(argocd: ArgoCdPlan & { readonly server: string }, http: Http): ArgoCdLogin;
  /** What an app repo can be read with, best first, the last being nothing. A config repo's token stays on its host. */
  readers(repo: string, configRepos: readonly string[]): readonly (GitCredential | undefined)[];
  /** The job's own identity, as a token for an audience. Throws OIDC_UNAVAILABLE, OIDC_REFUSED. */
  identity(audience: string): Promise<Secret>;
  /** The way into the cluster that Argo CD runs in. Throws KUBECONFIG_UNUSABLE. */
  kubernetes(context: string | undefined): Promise<ClusterLogin>;
  /** Ends the tokens that can be ended and drops all others. Never throws; nothing is handed out afterwards. */
  end(): Promise<void>;
}

/** How long a credential helper's answer is used. Helpers keep their own tokens, so asking again is cheap. */
const helperMs = 10 * 60_000;

export function createAuth(world: World, emit: Emit, { aws, google, azure }: Partial<CloudPlans> = {}): Auth {
  const keeper = createKeeper(world.mask);
  keepVariables(keeper, world.env);
  const awsLogin = createAwsLogin(world, keeper, aws);
  const gitLogin = createGitLogin(world, keeper, emit);
  const leases = new Map<string, Lease<RegistryCredential | undefined>>();
  const said = new Set<string>();
  let ended = false;

  const registry = async (plan: RegistryPlan): Promise<RegistryCredential | undefined> => {
    if (ended) throw new Error('credentials were asked for after the run ended');
    const key = `${plan.login} ${placeOf(plan)}`;
    const lease = leases.get(key) ?? createLease(world.clock, () => logIn(plan));
    leases.set(key, lease);
    return (await lease.get()).value;
  };

  async function logIn(registry: RegistryPlan): Promise<Leased<RegistryCredential | undefined>> {
    switch (registry.login) {
      case 'anonymous':
        return lasting(undefined);
      case 'ecr':
        return ecr(registry);
      case 'google':
        return byGoogle(registry, true);
      case 'acr':
        return byAzure(registry);
      case 'ghcr':
        return lasting(ghcr(registry));
      case 'docker':
        return docker(registry, true);
      case 'auto':
        return auto(registry);
    }
  }

  /** The clouds' registries by their host names; GitHub's by the job's token; anything else by what Docker knows. */
  async function auto(registry: RegistryPlan): Promise<Leased<RegistryCredential | undefined>> {
    const { host } = registry;
    if (isListed(world.env, host)) return docker(registry, false);
    if (host === 'ghcr.io' && world.env.GITHUB_TOKEN) return lasting(ghcr(registry));
    if (isGoogleHost(host))
      return google === undefined ? googleOrDocker(registry) : orWithout(host, byGoogle(registry, false));
    if (isAcrHost(host) && azure !== undefined) return byAzure(registry);
    if (readEcrHost(host) === undefined) return docker(registry, false);
    try {
      return await ecr(registry);
    } catch (error) {
      // No AWS identity at all, but an earlier step may have done `docker login`.
      if (!isError(error, 'AWS_CREDENTIALS_MISSING')) throw error;
      const known = await docker(registry, false);
      if (known.value === undefined) throw error;
      return known;
    }
  }

  async function ecr(registry: RegistryPlan): Promise<Leased<RegistryCredential>> {
    const { host } = registry;
    // ECR Public is AWS's too, and refused by the login with the right words.
    checkDestination(registry, 'ecr', world.env, readEcrHost(host) !== undefined || isEcrPublic(host));
    return told(host, aws?.role ?? "AWS's own credential chain", awsLogin.login(host));
  }

  /** By the job's identity where the config says how, else by whatever Google's own tools would take. */
  async function byGoogle(registry: RegistryPlan, needed: boolean): Promise<Leased<RegistryCredential | undefined>> {
    const { host } = registry;
    checkDestination(registry, 'google', world.env, isGoogleHost(host));
    if (google !== undefined)
      return told(host, google.serviceAccount ?? google.workloadIdentityProvider, googleToken(world, keeper, google));
    const found = await googleDefault(world, keeper, needed);
    if (found !== undefined) tell(host, `${host}: login from ${found.from}`);
    return found ?? lasting(undefined);
  }

  async function googleOrDocker(registry: RegistryPlan): Promise<Leased<RegistryCredential | undefined>> {
    const known = await docker(registry, false);
    return known.value === undefined ? orWithout(registry.host, byGoogle(registry, false)) : known;
  }

  /** What lies at gcr.io is mostly there for everybody: no login is no reason to stop. What is not says so itself. */
  async function orWithout<T>(host: string, login: Promise<Leased<T>>): Promise<Leased<T | undefined>> {
    try {
      return await login;
    } catch (error) {
      if (!isError(error) || !host.endsWith('gcr.io')) throw error;
      tell(host, `${host}: no login. ${error.message}`);
      return lasting(undefined);
    }
  }

  async function byAzure(registry: RegistryPlan): Promise<Leased<RegistryCredential>> {
    const { host } = registry;
    checkDestination(registry, 'acr', world.env, isAcrHost(host));
    if (azure === undefined) throw new Error('login: acr without azure');
    return told(host, azure.clientId, acrToken(world, keeper, azure, registry));
  }

  async function told(
    host: string,
    by: string,
    login: Promise<Leased<RegistryCredential>>,
  ): Promise<Leased<RegistryCredential>> {
    const start = world.clock.now();
    emit({ type: 'step.started', stage: 'auth', subject: host, message: `Logging in to ${host} with ${by}` });
    const leased = await login;
    const message = `Logged in to ${host} until ${new Date(leased.expiresAt ?? 0).toISOString()}`;
    const seconds = (world.clock.now() - start) / 1_000;
    emit({ type: 'step.finished', stage: 'auth', subject: host, message, seconds });
    return leased;
  }

  function ghcr(registry: RegistryPlan): RegistryCredential {
    checkDestination(registry, 'ghcr', world.env);
    const { host } = registry;
    const token = world.env.GITHUB_TOKEN?.trim();
    if (!token) throw new TagboatError('GHCR_TOKEN_MISSING', { host, inActions: world.env.GITHUB_ACTIONS === 'true' });
    // Any username goes with a job's token; the actor's is what the registry's own log shows best.
    const username = world.env.GITHUB_ACTOR || 'x-access-token';
    const password = keeper.keep(token, 'GITHUB_TOKEN');
    keeper.basic(username, password, 'GITHUB_TOKEN');
    tell(host, `${host}: GITHUB_TOKEN as ${username}`);
    return { username, password };
  }

  async function docker(registry: RegistryPlan, needed: boolean): Promise<Leased<RegistryCredential | undefined>> {
    const { host } = registry;
    if (isListed(world.env, host)) checkDestination(registry, 'listed', world.env, true);
    const found = await dockerLogin(world, keeper, placeOf(registry));
    if (found === undefined && needed) {
      throw new TagboatError('DOCKER_LOGIN_MISSING', { host, looked: loginPlaces(world.env) });
    }
    if (found === undefined) return lasting(undefined);
    tell(host, `${host}: login from ${found.from}`);
    const { credential: value, passing } = found;
    return passing ? { value, expiresAt: world.clock.now() + helperMs } : lasting(value);
  }

  function tell(host: string, message: string): void {
    if (said.has(message)) return;
    said.add(message);
    emitNotice(emit, 'info', 'auth', 'REGISTRY_LOGIN', { host }, message);
  }

  const end = async (): Promise<void> => {
    if (ended) return;
    ended = true;
    try {
      // A token that is just being made must be ended too.
      await Promise.all([gitLogin.settled(), awsLogin.settled()]);
      for (const failure of await gitLogin.revoke()) {
        const message = `A GitHub App token couldn't be revoked and stays good for up to an hour. ${failure}`;
        emitNotice(emit, 'warning', 'auth', 'TOKEN_NOT_REVOKED', {}, message);
      }
    } catch (error) {
      const why = error instanceof Error ? keeper.clean(error.message) : 'unknown';
      emitNotice(emit, 'warning', 'auth', 'CREDENTIALS_NOT_ENDED', {}, `Credentials couldn't be ended: ${why}`);
    }
    leases.clear();
    keeper.forget();
  };

  return {
    registry,
    account: awsLogin.account,
    identity: async (audience) => (await fetchIdToken(world, keeper, audience, 'signing')).token,
    git: async (repo) => {
      if (ended) throw new Error('credentials were asked for after the run ended');
      return gitLogin.credential(repo);
    },
    argocd: (plan, http) => createArgoCdLogin({ ...world, http }, keeper, plan),
    // Its reader of YAML takes longer to load than a server takes to answer.
    kubernetes: async (context) => (await import('./argocd/cluster.ts')).kubernetesLogin(world, keeper, context),
    readers: (repo, configRepos) => {
      if (ended) throw new Error('credentials were asked for after the run ended');
      return gitLogin.readers(repo, configRepos);
    },
    end,
  };
}

/** Where the images are: podman keeps logins by paths too. */
function placeOf({ host, prefix }: RegistryPlan): string {
  return prefix === '' ? host : `${host}/${prefix}`;
}

function lasting<T>(value: T): Leased<T> {
  return { value, expiresAt: undefined };
}
