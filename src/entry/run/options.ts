import { timeoutOf } from '../../config/shape/timeout.ts';
import { usageError } from '../../errors.ts';
import type { CommitPreview } from '../../plan/outcome.ts';
import type { DeliveryPlan, RunPlan } from '../../plan.ts';
import type { Settings } from './session.ts';

/** What every command takes. */
export interface CommonOptions extends Omit<Settings, 'inWords' | 'announces'> {
  readonly config?: string | undefined;
  readonly app?: string | undefined;
  readonly jobs: number;
  /** Asked with what would be committed before anything is; where it says no, nothing is. */
  readonly review?: ((previews: readonly CommitPreview[]) => boolean) | undefined;
  /** What the commit is of, whatever the checkout and the CI say: a branch, or a whole ref. */
  readonly ref?: string | undefined;
  /** Only these deliveries of the config, by name. */
  readonly delivery?: readonly string[] | undefined;
  /** Only these images, by name; as NAME=REFERENCE those that something else built. */
  readonly image?: readonly string[] | undefined;
}

/** How a run lands, whatever the config says. */
export interface LandingOptions {
  /** Values of newer or unrelated commits are replaced too. */
  readonly force?: boolean;
  /** Default as the config says. */
  readonly queue?: boolean;
  /** No delivery need take the commit. */
  readonly allowNothing?: boolean;
  /** How long it is waited until what is proposed is merged: `30m`. Default: it isn't. */
  readonly waitMerge?: string | undefined;
}

/** How images are built, whatever the config says. */
export interface BuildingOptions {
  /** What is there already is built again. */
  readonly rebuild?: boolean;
}

/** The plan with what the command line says of its landings. */
export function landingSo(plan: RunPlan, options: LandingOptions): RunPlan {
  const order: Pick<DeliveryPlan, 'order'> = options.force === true ? { order: 'off' } : {};
  const queue: Pick<DeliveryPlan, 'queue'> = options.queue === false ? { queue: false } : {};
  const waitMs = options.waitMerge === undefined ? undefined : timeoutOf(options.waitMerge);
  if (Number.isNaN(waitMs)) {
    const problem = `--wait-merge ${JSON.stringify(options.waitMerge)} is no time such as 90s, 30m or 1h30m.`;
    throw usageError(problem);
  }
  const deliveries = plan.deliveries.map((delivery) => ({
    ...{ ...delivery, ...order, ...queue },
    pullRequest: waitMs === undefined ? delivery.pullRequest : { ...delivery.pullRequest, waitMs },
  }));
  return { ...plan, deliveries };
}

const ofConfig = ['config', 'app', 'delivery'];
const part = ['ref', 'image'];
const ofRepo = ['repo', 'branch'];
const hold = ['path', 'why', 'until', 'by', 'queue'];
const history = ['since', 'limit', 'format'];
const release = ['path', 'why', 'repair', 'queue'];

/** What each command does something with: where a config file is read, and where --repo stands in its place. */
const used: Readonly<Record<string, { readonly config?: readonly string[]; readonly repo?: readonly string[] }>> = {
  ship: { config: [...ofConfig, ...part, 'branch', 'jobs', 'rebuild', 'force', 'queue', 'allowNothing', 'waitMerge'] },
  build: { config: ['config', 'app', ...part, 'branch', 'jobs', 'rebuild'] },
  commit: {
    config: [...ofConfig, ...part, 'force', 'queue', 'allowNothing', 'waitMerge'],
    // No commit of an app repo stands behind such values, so there is none that --force could put over another.
    repo: [...ofRepo, 'set', 'message', 'author', 'create', 'allow', 'via', 'queue', 'waitMerge'],
  },
  hold: { config: [...ofConfig, ...hold], repo: [...ofRepo, ...hold] },
  unhold: { config: [...ofConfig, ...release], repo: [...ofRepo, ...release] },
  holds: { config: ofConfig, repo: ofRepo },
  rollback: {
    config: [...ofConfig, 'to', 'path', 'why', 'until', 'by', 'force', 'waitMerge'],
    repo: [...ofRepo, 'to', 'path', 'why', 'until', 'by', 'force'],
  },
  retire: { config: [...ofConfig, 'pr', 'force'] },
  promote: { config: ['config', 'app', 'image', 'why', 'check', 'force', 'waitMerge', 'all', 'due'] },
  queue: { config: ofConfig, repo: ofRepo },
  where: { config: ['config', 'app'] },
  status: { config: ['config', 'app'] },
  history: { config: [...ofConfig, ...history], repo: [...ofRepo, ...history] },
  ui: { config: ['config', 'app', 'port', 'open', 'export', 'run', 'allowWrites'] },
  wait: {
    config: [...ofConfig, 'commit', 'application', 'timeout', 'sync', 'ca', 'insecure'],
    repo: [...ofRepo, 'commit', 'application', 'timeout', 'sync', 'ca', 'insecure', 'server'],
  },
  doctor: {
    config: [
      ...ofConfig,
      'trustPolicy',
      'claims',
      'ref',
      'environment',
      'role',
      'audience',
      'fix',
      'offline',
      'host',
      'repo',
    ],
  },
  validate: { config: ['config', 'app'] },
  plan: { config: [...ofConfig, ...part, 'branch', 'explain', 'allowNothing', 'comment', 'render'] },
  edit: { config: ['check', 'create'] },
  schema: { config: ['events'] },
  init: {
    config: [
      ...['app', 'registry', 'from', 'configRepo', 'configBranch', 'configDir', 'place', 'application', 'argocd', 'ci'],
      ...['with', 'layout', 'as', 'account', 'region', 'role', 'gitlab', 'yes', 'check', 'force'],
    ],
  },
  migrate: { config: ['app', 'check', 'force', 'wholeCommits', 'configRepo'] },
  demo: { config: ['app', 'jobs', 'exit', 'keep'] },
};

/**
 * The first option that was given to a command which does nothing with it, and with which way of calling that command
 * it goes, if with any. An option that is taken and ignored would end in something else than was asked for.
 */
export function unusedOption(
  command: string,
  given: readonly string[],
): { readonly option: string; readonly goesWith: 'config' | 'repo' | undefined } | undefined {
  const { config = [], repo } = used[command] ?? {};
  const byRepo = repo !== undefined && given.includes('repo');
  const option = given.find((name) => !(byRepo ? repo : config).includes(name));
  if (option === undefined) return undefined;
  const elsewhere = byRepo ? config.includes(option) : repo?.includes(option);
  return { option, goesWith: elsewhere ? (byRepo ? 'config' : 'repo') : undefined };
}
