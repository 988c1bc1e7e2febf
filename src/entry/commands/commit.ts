import { planCommit } from '../../config/plan/run.ts';
import { parseAuthor, parseRepo, parseSet } from '../../config/read/arguments.ts';
import { usageError } from '../../errors.ts';
import type { Allowance, DeliveryPlan, RunPlan, Via } from '../../plan.ts';
import type { CommonOptions } from '../run/options.ts';
import { type LandingOptions, landingSo } from '../run/options.ts';
import { identityIn, openRun, tellNothing } from '../run/prepare.ts';
import { runPlan } from '../run/run-plan.ts';
import type { Body, Session } from '../run/session.ts';

export interface CommitOptions extends LandingOptions {
  readonly repo?: string | undefined;
  readonly branch: string;
  readonly set: readonly string[];
  readonly message?: string | undefined;
  readonly author?: string | undefined;
  readonly create: boolean;
  readonly allow?: readonly Allowance[] | undefined;
  readonly via?: Via | undefined;
}

/** `tagboat commit`: the config commits alone, as the config names them or as the command line says. */
export function commit(common: CommonOptions, options: CommitOptions): Body {
  return async (session) => {
    const plan =
      options.repo === undefined
        ? await fromConfig(session, common, options)
        : await fromArguments(session, options.repo, options);
    return runPlan(session, landingSo(plan, options), common);
  };
}

async function fromConfig(session: Session, common: CommonOptions, options: CommitOptions): Promise<RunPlan> {
  const opened = await openRun(session, common);
  tellNothing(session, opened, common, options.allowNothing);
  // Nothing is built; what something else built is looked up.
  return { ...opened.plan, images: opened.plan.images.filter(({ from }) => from !== undefined) };
}

async function fromArguments(session: Session, repo: string, options: CommitOptions): Promise<RunPlan> {
  const { world } = session;
  if (options.set.length === 0) {
    const problem = "--repo needs at least one --set, such as --set 'main/values.yaml:.front.imageTag=3f2c1d0'.";
    throw usageError(problem, 'commit');
  }
  if (options.waitMerge !== undefined && options.via !== 'pullRequest')
    throw usageError('--wait-merge goes with --via pullRequest: nothing else waits for a merge.', 'commit');
  const delivery: DeliveryPlan = planCommit({
    repo: parseRepo(repo, world.env.GITHUB_SERVER_URL),
    branch: options.branch,
    edits: options.set.map((argument) => ({ ...parseSet(argument), create: options.create, allow: options.allow })),
    message: options.message,
    via: options.via,
    author: options.author === undefined ? undefined : parseAuthor(options.author),
    ...(await identityIn(world, session.cwd)),
  });
  session.started();
  return { source: undefined, aws: undefined, images: [], deliveries: [delivery] };
}
