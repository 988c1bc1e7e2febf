import { type Superseded, skippedImages } from './config/plan/part.ts';
import { verdictError } from './deploy/verdict/verdict-error.ts';
import { exitCodes } from './errors/codes.ts';
import { type ErrorReport, reportOf } from './errors.ts';
import type { Emit } from './events.ts';
import type { Verdict } from './plan/deploy.ts';
import type {
  CommitOutcome,
  CommitPreview,
  ImagePushed,
  PushedImage,
  RolledBack,
  RunResult,
  SkippedImage,
} from './plan/outcome.ts';
import type { DeliveryPlan, ImagePlan, RunPlan } from './plan.ts';

type Proposed = Extract<CommitOutcome, { is: 'proposed' }>;

/** What a run is made of, handed in: a test hands in fixed ones, and a cache or a dry run wraps them. */
export interface Stages {
  /** Finds what would stop this image before anything is pushed. Writes nothing. */
  readonly checkImage: (image: ImagePlan) => Promise<unknown>;
  /** Finds what would stop this config commit before anything is pushed, and how it would end instead. Writes nothing. */
  readonly checkDelivery: (delivery: DeliveryPlan) => Promise<Pick<CommitPreview, 'instead'>>;
  /** Finds what would keep a verdict from being found. Writes nothing. */
  readonly checkApplications: (delivery: DeliveryPlan) => Promise<unknown>;
  readonly build: (image: ImagePlan) => Promise<ImagePushed>;
  readonly land: (delivery: DeliveryPlan, images: readonly PushedImage[]) => Promise<CommitOutcome>;
  /** Waits until what waits for review is merged, where the delivery asks for that. */
  readonly awaitMerge?: (to: DeliveryPlan, at: Proposed, images: readonly PushedImage[]) => Promise<CommitOutcome>;
  /** Waits until Argo CD has done what it will with a delivery that has landed, or was there already. */
  readonly watch: (
    delivery: DeliveryPlan,
    outcome: Extract<CommitOutcome, { is: 'landed' | 'unchanged' }>,
    images: readonly PushedImage[],
  ) => Promise<readonly Verdict[]>;
  /** Puts back what a delivery replaced; undefined when that isn't its to undo any more. */
  readonly rollBack: (
    delivery: DeliveryPlan,
    outcome: Extract<CommitOutcome, { is: 'landed' }>,
    verdicts: readonly Verdict[],
  ) => Promise<RolledBack | undefined>;
}

interface ShipOptions {
  /** Images built at the same time. */
  readonly jobs: number;
  /** Aborted when the run is to stop: what hasn't begun then doesn't begin. */
  readonly signal: AbortSignal;
}

/**
 * From a commit to a verdict: check everything, build every image, land every delivery, and wait for what becomes of
 * those that have an application. An image that failed never reaches a config repo, and one delivery's failure never
 * hides another's outcome. A delivery that the check finds superseded has ended, and what only such ones take is not built.
 * Throws only the signal's reason.
 */
export async function ship(plan: RunPlan, stages: Stages, emit: Emit, options: ShipOptions): Promise<RunResult> {
  const { superseded, skipped, errors: unfit } = await check(plan, stages);
  options.signal.throwIfAborted();
  if (unfit.length > 0) return ended({ errors: unfit });

  const builds = await settleInParallel(plan.images, options, async (image) => {
    const outcome = skipped.find(({ name }) => name === image.name) ?? (await stages.build(image));
    emit({ type: 'image.finished', image: image.name, outcome });
    return outcome;
  });
  options.signal.throwIfAborted();
  const images = fulfilled(builds);
  const failed = failures(builds, plan.images);
  if (failed.length > 0) return ended({ images, errors: failed });

  const pushed = images.filter((image) => image.is !== 'skipped');
  // A delivery that the check found superseded isn't landed, and not checked again either: a force-push in the config
  // repo may meanwhile have made it one to land, but its images were not built.
  const land = async (delivery: DeliveryPlan): Promise<CommitOutcome> =>
    superseded.find((end) => end.delivery === delivery.name) ?? stages.land(delivery, pushed);
  // One review holds up no other landing.
  const merge = async (delivery: DeliveryPlan, landing: Promise<CommitOutcome>): Promise<CommitOutcome> => {
    const end = await landing;
    if (end.is !== 'proposed' || delivery.pullRequest?.waitMs === undefined || !stages.awaitMerge) return end;
    const { awaitMerge } = stages;
    return tellEnd(delivery, emit, () => awaitMerge(delivery, end, pushed));
  };
  const landings = await landAll(plan.deliveries, land, merge, emit);
  options.signal.throwIfAborted();
  const seen = await watchAll(plan.deliveries, landings, pushed, stages, emit);
  options.signal.throwIfAborted();
  const verdicts = fulfilled(seen).flat();
  const undone = await rollBackAll(plan.deliveries, landings, seen, stages);
  options.signal.throwIfAborted();
  const rollbacks = fulfilled(undone).flatMap((one) => one ?? []);
  const told = [...verdicts, ...rollbacks.flatMap((one) => one.verdicts)];
  const lost = [landings, seen, undone].flatMap((results) => failures(results, plan.deliveries));
  const errors = [...lost, ...told.flatMap(verdictError)];
  return ended({ images, commits: fulfilled(landings), verdicts, rollbacks, errors });
}

/** What is known before anything is pushed. */
interface Checked {
  /** Deliveries that are over already. Superseded alone: it stays so, and a hold may be released at any time. */
  readonly superseded: readonly Superseded[];
  readonly skipped: readonly SkippedImage[];
  readonly errors: readonly ErrorReport[];
}

async function check({ images, deliveries }: RunPlan, stages: Stages): Promise<Checked> {
  // With nothing to push before, the landing itself is check enough.
  const checked = images.length === 0 ? [] : deliveries;
  const watched = deliveries.filter(({ deploy }) => deploy !== undefined);
  const [ofImages, ofDeliveries, ofApplications] = await Promise.all([
    Promise.allSettled(images.map(stages.checkImage)),
    Promise.allSettled(checked.map(stages.checkDelivery)),
    Promise.allSettled(watched.map(stages.checkApplications)),
  ]);
  const superseded = fulfilled(ofDeliveries).flatMap(({ instead }) => (instead?.is === 'superseded' ? [instead] : []));
  const skipped = skippedImages(images, deliveries, superseded);
  // What won't be used can't stand in the way.
  const errors = [
    ...failures(ofImages, images, (image) => !skipped.some(({ name }) => name === image)),
    ...failures(ofDeliveries, checked),
    ...failures(ofApplications, watched, (name) => !superseded.some(({ delivery }) => delivery === name)),
  ];
  return { superseded, skipped, errors };
}

/** Deliveries to one branch go one after the other, or they would beat each other; different branches run together. */
async function landAll(
  deliveries: readonly DeliveryPlan[],
  land: (delivery: DeliveryPlan) => Promise<CommitOutcome>,
  merge: (delivery: DeliveryPlan, landing: Promise<CommitOutcome>) => Promise<CommitOutcome>,
  emit: Emit,
): Promise<PromiseSettledResult<CommitOutcome>[]> {
  const queues = new Map<string, Promise<unknown>>();
  const landings = deliveries.map((delivery) => {
    const branch = `${delivery.repo} ${delivery.branch}`;
    const landing = (queues.get(branch) ?? Promise.resolve()).then(() => tellEnd(delivery, emit, () => land(delivery)));
    queues.set(
      branch,
      landing.catch(() => undefined),
    );
    return merge(delivery, landing);
  });
  return Promise.allSettled(landings);
}

async function tellEnd(delivery: DeliveryPlan, emit: Emit, work: () => Promise<CommitOutcome>): Promise<CommitOutcome> {
  try {
    const outcome = await work();
    emit({ type: 'commit.finished', delivery: delivery.name, outcome });
    return outcome;
  } catch (error) {
    emit({ type: 'commit.failed', delivery: delivery.name, error: reportOf(error, delivery.name) });
    throw error;
  }
}

/** Deliveries are watched together, each once it has landed; one that is superseded or held is somebody else's to see. */
async function watchAll(
  deliveries: readonly DeliveryPlan[],
  landings: readonly PromiseSettledResult<CommitOutcome>[],
  images: readonly PushedImage[],
  stages: Stages,
  emit: Emit,
): Promise<PromiseSettledResult<readonly Verdict[]>[]> {
  return Promise.allSettled(
    deliveries.map(async (delivery, at) => {
      const landing = landings[at];
      const outcome = landing?.status === 'fulfilled' ? landing.value : undefined;
      if (delivery.deploy === undefined || (outcome?.is !== 'landed' && outcome?.is !== 'unchanged')) return [];
      try {
        return await stages.watch(delivery, outcome, images);
      } catch (error) {
        emit({ type: 'verdict.failed', delivery: delivery.name, error: reportOf(error, delivery.name) });
        throw error;
      }
    }),
  );
}

/** Undoes each delivery that came out unhealthy and is to go back then. What a later commit made unhealthy is its own. */
async function rollBackAll(
  deliveries: readonly DeliveryPlan[],
  landings: readonly PromiseSettledResult<CommitOutcome>[],
  seen: readonly PromiseSettledResult<readonly Verdict[]>[],
  stages: Stages,
): Promise<PromiseSettledResult<RolledBack | undefined>[]> {
  return Promise.allSettled(
    deliveries.map(async (delivery, at) => {
      const [landing, watched] = [landings[at], seen[at]];
      if (delivery.deploy?.onUnhealthy !== 'rollback' || watched?.status !== 'fulfilled') return undefined;
      if (landing?.status !== 'fulfilled' || landing.value.is !== 'landed') return undefined;
      const unhealthy = watched.value.some(({ is }) => is === 'degraded' || is === 'syncFailed');
      return unhealthy ? stages.rollBack(delivery, landing.value, watched.value) : undefined;
    }),
  );
}

/** Runs at most `jobs` at a time. All of them run, whatever fails, unless the signal says stop. */
async function settleInParallel<T, R>(
  items: readonly T[],
  { jobs, signal }: ShipOptions,
  work: (item: T) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> {
  const results: PromiseSettledResult<R>[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length && !signal.aborted; at = next++) {
      const [result] = await Promise.allSettled([work(items[at] as T)]);
      if (result !== undefined) results[at] = result;
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(jobs, items.length)) }, worker));
  return results;
}

function ended(part: Partial<RunResult> & Pick<RunResult, 'errors'>): RunResult {
  const { images = [], commits = [], verdicts = [], rollbacks = [], errors } = part;
  return {
    // The first failure in the pipeline's order decides: what came after may be its consequence.
    exitCode: errors[0]?.exitCode ?? exitCodes.done,
    changed: commits.some((commit) => commit.is === 'landed'),
    images,
    commits,
    verdicts,
    rollbacks,
    errors,
  };
}

function fulfilled<T>(results: readonly PromiseSettledResult<T>[]): T[] {
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

/** The errors, each with the name of what it hit: an image or a delivery, of those that count. */
function failures(
  results: readonly PromiseSettledResult<unknown>[],
  hit: readonly { readonly name: string }[],
  counts: (name: string | undefined) => boolean = () => true,
): ErrorReport[] {
  return results.flatMap((result, at) => {
    const name = hit[at]?.name;
    return result.status === 'rejected' && counts(name) ? [reportOf(result.reason, name)] : [];
  });
}
