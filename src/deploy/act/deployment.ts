import { type Emit, emitNotice } from '../../events.ts';
import { type EnvironmentPlan, type Health, healthOf, type Verdict } from '../../plan/deploy.ts';
import type { Source } from '../../plan.ts';
import { WireFailure } from '../../wire/failure.ts';
import {
  createDeployment,
  type DeploymentState,
  deploymentIds,
  type GitHubRepository,
  listDeployments,
  longestDescription,
  setDeploymentStatus,
} from '../../wire/github/deployments.ts';
import { isRetryable, retry } from '../../wire/retry.ts';
import { Secret } from '../../wire/secret.ts';
import { beginning } from '../../wire/text/shorten.ts';
import type { World } from '../../wire/world.ts';

const states: Readonly<Record<Health, DeploymentState>> = {
  healthy: 'success',
  degraded: 'failure',
  syncFailed: 'failure',
  timedOut: 'failure',
  unknown: 'error',
};
const worst: readonly Health[] = ['degraded', 'syncFailed', 'timedOut', 'unknown', 'healthy'];

/**
 * Does the watching with a GitHub deployment of the source commit that says how it stands: in progress, then what the
 * verdicts come to. A deployment that can't be written is told and stops nothing.
 */
export async function withDeployment(
  world: World,
  emit: Emit,
  about: {
    readonly environment: EnvironmentPlan;
    readonly delivery: string;
    readonly commit: string;
    readonly source: Source | undefined;
  },
  watch: () => Promise<Verdict[]>,
): Promise<Verdict[]> {
  const { environment, delivery, commit, source } = about;
  const { name, url, transient, production, autoInactive } = environment;
  const at = repositoryIn(world);
  const { warn, tell } = writing(world, emit, name);
  if (at === undefined || source === undefined) {
    warn(
      'GITHUB_REPOSITORY and GITHUB_TOKEN say where and as whom, and only a run of a commit has something to deploy.',
    );
    return watch();
  }
  let id: number | undefined;
  const say = async (state: DeploymentState, description: string): Promise<void> => {
    const known = id;
    if (known === undefined) return;
    await tell(() => setDeploymentStatus(at, known, { state, description, logUrl: source.runUrl, url, autoInactive }));
  };
  await tell(async () => {
    const description = describing(delivery, commit);
    id = await createDeployment(at, {
      ref: source.commit,
      environment: name,
      description,
      transient,
      production,
    });
  });
  await say('in_progress', 'Waiting for Argo CD');
  try {
    const verdicts = await watch();
    const health = worst.find((one) => verdicts.some((verdict) => healthOf(verdict) === one)) ?? 'unknown';
    const bad = verdicts.find((verdict) => healthOf(verdict) === health);
    const absent = verdicts.find((verdict) => verdict.is === 'healthy' && verdict.images?.fails === true);
    await say(
      absent === undefined ? states[health] : 'failure',
      absent !== undefined
        ? `${absent.application} runs none of this run's images`
        : health === 'healthy'
          ? 'Healthy in Argo CD'
          : `${bad?.application ?? delivery}: ${bad?.why ?? health}`,
    );
    return verdicts;
  } catch (error) {
    if (!world.signal.aborted) await say('error', 'No verdict could be found');
    throw error;
  }
}

/** Says that nothing is deployed to an environment any more. What can't be written is told and stops nothing. */
export async function endDeployments(world: World, emit: Emit, environment: string): Promise<void> {
  const at = repositoryIn(world);
  // A retirement by hand has no job whose token could write.
  if (at === undefined) return;
  await writing(world, emit, environment).tell(async () => {
    for (const id of await deploymentIds(at, environment, mostListed)) {
      const status = { state: 'inactive', description: 'Retired', logUrl: undefined } as const;
      await setDeploymentStatus(at, id, status);
    }
  });
}

/** How a deployment to an environment is written: what fails is told. */
function writing(world: World, emit: Emit, environment: string) {
  const warn = (why: string): void => {
    const message = `No GitHub deployment to ${environment} could be written: ${why}`;
    emitNotice(emit, 'warning', 'deploy', 'DEPLOYMENT_NOT_WRITTEN', { environment }, message);
  };
  const tell = async (work: () => Promise<void>): Promise<void> => {
    await retry(work, world, { worth: isLimit }).catch((error: unknown) => {
      world.signal.throwIfAborted();
      if (!(error instanceof WireFailure)) throw error;
      const right =
        error.status === 403 || error.status === 404 ? ' The job needs `permissions: deployments: write`.' : '';
      warn(`${error.peerText || error.message}.${right}`);
    });
  };
  return { warn, tell };
}

/** What a deployment of ours says it is of; by it, it is found again. */
function describing(delivery: string, commit: string): string {
  return beginning(`${delivery}: config commit ${commit.slice(0, 7)}`, longestDescription);
}

/** Deployments of an environment that are asked about: each is a request. */
const mostListed = 30;

/**
 * When each config commit of a delivery became healthy, as far as the newest GitHub deployments to its environment tell.
 * Throws WireFailure; undefined where nothing says of which repository, or with which token to ask.
 */
export async function healthyTimes(
  world: World,
  environment: string,
  repository: string | undefined,
): Promise<((delivery: string, commit: string) => string | undefined) | undefined> {
  const at = repositoryIn(world, repository);
  if (at === undefined) return undefined;
  const all = await listDeployments(at, environment, mostListed);
  const known = new Map(all.map(({ description, succeededAt }) => [description, succeededAt]));
  return (delivery, commit) => known.get(describing(delivery, commit));
}

/** Whether nothing was done because too much was asked: anything else may have been done, and would be done twice. */
function isLimit(error: unknown): boolean {
  return isRetryable(error) && [403, 429].includes((error as WireFailure).status ?? 0);
}

function repositoryIn({ env, http, signal, clock }: World, named?: string): GitHubRepository | undefined {
  const {
    GITHUB_REPOSITORY: repository = named,
    GITHUB_TOKEN: token,
    GITHUB_API_URL: api = 'https://api.github.com',
  } = env;
  if (!repository || !token) return undefined;
  const secret = new Secret(token.trim(), 'GITHUB_TOKEN');
  return { http, clock, signal, api: api.replace(/\/+$/, ''), repository, token: secret };
}
