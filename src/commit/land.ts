import { TagboatError } from '../errors.ts';
import type { Emit } from '../events.ts';
import type { CommitOutcome, DeliveryPlan, GitCredential } from '../plan.ts';
import type { ObjectId } from '../wire/git/object.ts';
import { backoff } from '../wire/retry.ts';
import type { World } from '../wire/world.ts';
import { type ConfigRepo, openConfigRepo } from './config-repo.ts';
import { explain } from './explain.ts';
import { graft } from './graft.ts';
import { landedAmong, type Made, type Push, pushCommit } from './push.ts';
import { filesOf, loadRewrite, type Rewrite } from './rewrite.ts';

export interface LandOptions {
  /** Milliseconds in which a beaten push is tried again. Default two minutes. */
  readonly budgetMs?: number;
  /** Milliseconds without a byte from the host before giving up on a request. */
  readonly idleMs?: number;
}

export const defaultIdleMs = 30_000;

/** Pushes on one tip until the server's refusal is believed: a rival's lock on the branch looks the same at first. */
const refusalsBelieved = 2;
/** Pushes on one tip until a connection that loses the reply each time is given up. */
const lossesBorne = 3;

/** One delivery under way. */
interface Landing {
  readonly world: World;
  readonly emit: Emit;
  readonly delivery: DeliveryPlan;
  readonly repo: ConfigRepo;
  readonly rewrite: Promise<Rewrite>;
  readonly began: number;
  readonly deadline: number;
  /** Every push so far, oldest first. */
  readonly pushes: Push[];
}

/**
 * Lands one delivery on its branch: reads the tip, edits its files, pushes one commit on it. A beaten push is edited
 * again on the new tip while the budget lasts; a push whose reply was lost is looked for on the branch. Throws
 * TagboatError, or the reason of the world's signal: then nothing is half done.
 */
export async function landDelivery(
  world: World,
  emit: Emit,
  delivery: DeliveryPlan,
  credential: GitCredential | undefined,
  options: LandOptions = {},
): Promise<CommitOutcome> {
  const files = filesOf(delivery.edits);
  const began = world.clock.now();
  const deadline = began + (options.budgetMs ?? 120_000);
  const repo = openConfigRepo(world, delivery, {
    credential,
    idleMs: options.idleMs ?? defaultIdleMs,
    deadline,
    notice: (message) => emit({ type: 'notice', level: 'info', stage: 'commit', message }),
  });
  const landing: Landing = { world, emit, delivery, repo, rewrite: loadRewrite(), began, deadline, pushes: [] };
  let doing: 'read' | 'push' = 'read';
  try {
    let tip = await repo.readTip();
    for (;;) {
      world.signal.throwIfAborted();
      doing = landing.pushes.some(({ fate }) => fate.is === 'lost') ? 'push' : 'read';
      const made = await makeCommit(landing, tip, files);
      if (made === undefined) return { is: 'unchanged', ...placeOf(delivery), tip };
      world.signal.throwIfAborted();
      doing = 'push';
      const push = await pushCommit(world, repo, made);
      landing.pushes.push(push);
      if (push.fate.is === 'taken') return landed(landing, push);
      const next = await lookAgain(landing, push);
      if (typeof next !== 'string') return landed(landing, next);
      tip = next;
    }
  } catch (error) {
    throw explain(error, { delivery, credential, doing });
  } finally {
    await repo.close();
  }
}

/** The commit to push on this tip, or undefined when its files have all values already. */
async function makeCommit(landing: Landing, tip: ObjectId, files: readonly string[]): Promise<Made | undefined> {
  const { world, delivery, repo, pushes } = landing;
  const last = pushes.at(-1);
  // The same commit on the same tip: if both tries arrive, it is one commit all the same.
  if (last?.on === tip) return last;
  const snapshot = await repo.readFiles(tip, files);
  const rewriting = (await landing.rewrite)(snapshot, delivery.edits);
  if (rewriting.files.length === 0) return undefined;
  const seconds = Math.floor(world.clock.now() / 1_000);
  return { on: tip, rewriting, grafted: graft(snapshot, rewriting.files, delivery, seconds) };
}

/**
 * Where the branch is after a push that wasn't taken: the tip to try on next, or the push of ours that landed after
 * all. The branch alone decides what the failure meant: moved, we were beaten; still the same, we were denied.
 */
async function lookAgain(landing: Landing, push: Push): Promise<ObjectId | Push> {
  const { world, repo, pushes } = landing;
  for (let second = false; ; second = true) {
    const tip = await repo.readTip();
    if (tip !== push.on) {
      const won = await landedAmong(repo.remote, tip, pushes);
      if (won !== undefined) return won;
      await giveWay(landing, tip);
      return repo.readTip();
    }
    if (second) {
      believe(landing, push);
      return tip;
    }
    // A rival that holds the branch's lock has not moved it yet, and a server that cut us off needs a moment.
    const failure = push.fate.is === 'lost' ? push.fate.failure : undefined;
    const waitMs = 200 + backoff(2, failure, { random: world.random });
    await world.clock.sleep(waitMs, world.signal);
  }
}

/** Throws when pushes on a tip that doesn't move have failed often enough to mean it. */
function believe(landing: Landing, push: Push): void {
  const { repo, branch } = landing.delivery;
  const { fate } = push;
  const onThisTip = landing.pushes.filter(({ on }) => on === push.on);
  const refused = onThisTip.filter((other) => other.fate.is === 'refused').length;
  const over = landing.world.clock.now() > landing.deadline;
  if (fate.is === 'refused' && (over || refused >= refusalsBelieved)) {
    throw new TagboatError('PUSH_DENIED', { repo, branch }, { peer: { ...fate.words, retryable: false } });
  }
  if (fate.is === 'lost' && (over || onThisTip.length >= lossesBorne)) throw fate.failure;
}

/** Waits before the next try, longer after each, at random so that rivals don't meet again. Throws LAND_TIMED_OUT. */
async function giveWay(landing: Landing, tip: ObjectId): Promise<void> {
  const { world, delivery, pushes } = landing;
  const attempt = pushes.length;
  const waitMs = backoff(attempt, undefined, { random: world.random, baseMs: 100, capMs: 5_000 });
  if (world.clock.now() + waitMs > landing.deadline) {
    const { repo, branch } = delivery;
    const seconds = Math.round((world.clock.now() - landing.began) / 1_000);
    const words = pushes.findLast(({ fate }) => fate.is === 'refused')?.fate;
    const peer = words?.is === 'refused' ? { peer: { ...words.words, retryable: true } } : {};
    throw new TagboatError('LAND_TIMED_OUT', { repo, branch, attempts: attempt, seconds }, peer);
  }
  landing.emit({ type: 'commit.beaten', delivery: delivery.name, attempt, tip, waitMs });
  await world.clock.sleep(waitMs, world.signal);
}

function landed({ delivery, pushes }: Landing, push: Push): CommitOutcome {
  const { changes, diff } = push.rewriting;
  const { commit } = push.grafted;
  return { is: 'landed', ...placeOf(delivery), commit, parent: push.on, changes, diff, attempts: pushes.length };
}

function placeOf({ name, repo, branch }: DeliveryPlan): { delivery: string; repo: string; branch: string } {
  return { delivery: name, repo, branch };
}
