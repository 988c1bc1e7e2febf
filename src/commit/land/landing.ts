import { TagboatError } from '../../errors.ts';
import type { Emit } from '../../events.ts';
import type { HoldChange } from '../../plan/holds.ts';
import type { CommitOutcome } from '../../plan/outcome.ts';
import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import type { World } from '../../wire/world.ts';
import { filesTouched, filesWritten, type Rewriting, valuesFound } from '../edit/rewrite.ts';
import { readHolds } from '../holds/holds.ts';
import { guard } from '../order/guard.ts';
import type { Lineage } from '../order/lineage.ts';
import { refuseMoved } from '../order/source-moved.ts';
import { openNewest } from '../order/trailers.ts';
import { guardWritten, withEarlier } from '../order/written.ts';
import type { BranchLook, ConfigRepo } from '../repo/config-repo.ts';
import { type ApplyDelivery, heldOutcome } from './apply.ts';
import { makeCommitObjects } from './commit-objects.ts';
import { findLandedPush, type MadeCommit, type PushTry } from './push-commit.ts';

/** One delivery under way. */
export interface Landing {
  readonly world: World;
  readonly emit: Emit;
  readonly delivery: DeliveryPlan;
  readonly repo: ConfigRepo;
  readonly apply: Promise<ApplyDelivery>;
  readonly lineage: Lineage | undefined;
  /** For the config repo whose values are promoted. */
  readonly sourceCredential?: GitCredential | undefined;
  /** One try to get a commit of ours onto the branch. Throws WireFailure when nobody is let in (401, 403). */
  readonly push: (made: MadeCommit) => Promise<PushTry>;
  readonly began: number;
  readonly deadline: number;
  /** Every push so far, oldest first. */
  readonly pushes: PushTry[];
  /** The newest commit made, on whatever tip. */
  made: MadeCommit | undefined;
  /** When the branch was last looked at, how long that took, and how long such looks take, the newest weighing most. */
  looked: { readonly at: number; readonly tripMs: number; readonly tookMs: number };
  /** The branch wasn't there when it was last looked for. */
  isNew: boolean;
  /** The intents that the last look showed. */
  intents: BranchLook['intents'];
  /** An intent of ours may still be on its ref, or be landed by now: nobody could say. */
  left: boolean;
  /** What was under way, should it fail: the same status means another thing on a push. */
  doing: 'read' | 'push';
}

/** A landing that has not looked yet. */
export function startLanding(
  parts: Omit<Landing, 'pushes' | 'made' | 'looked' | 'isNew' | 'intents' | 'left' | 'doing'>,
): Landing {
  return {
    ...parts,
    pushes: [],
    made: undefined,
    looked: { at: 0, tripMs: 50, tookMs: 50 },
    isNew: false,
    intents: new Map(),
    left: false,
    doing: 'read',
  };
}

/** Looks at the branch and its queue. Throws as `ConfigRepo.look` does. */
export async function lookAtBranch(landing: Landing): Promise<BranchLook> {
  const before = landing.world.clock.now();
  const seen = await landing.repo.look();
  landing.intents = seen.intents;
  landing.isNew = seen.isNew;
  const at = landing.world.clock.now();
  const { tripMs } = landing.looked;
  const tookMs = at - before;
  // One quick answer shows that the host is quick again, so it counts whole; a slow one may be chance and is averaged.
  landing.looked = { at, tookMs, tripMs: Math.min(tookMs, (tripMs + tookMs * 2) / 3) };
  return seen;
}

/** What there is to do on a tip: a commit to push, or nothing, with how the landing ends. */
export type TipDecision =
  | { readonly is: 'made'; readonly made: MadeCommit }
  | { readonly is: 'ended'; readonly outcome: CommitOutcome };

/**
 * Works out what there is to do on this tip: nothing when its files have all values already, when one of them is held,
 * or when it is from a newer commit. Throws VALUE_OVERTAKEN, PROMOTION_MOVED, ORDER_*, HOLDS_INVALID, and what reading and editing files throws.
 */
export async function decideOnTip(landing: Landing, tip: ObjectId): Promise<TipDecision> {
  const { world, repo, lineage } = landing;
  await refuseMoved(landing, tip);
  // The same commit on the same tip: if both tries arrive, it is one commit all the same.
  if (landing.made?.on === tip) return { is: 'made', made: landing.made };
  const newest = openNewest(repo.remote, tip);
  const delivery = await withEarlier(repo, landing.delivery, tip, newest);
  const snapshot = await repo.readFiles(tip, filesTouched(delivery), filesWritten(delivery));
  const holds = readHolds(snapshot, delivery.holds);
  const apply = await landing.apply;
  const { rewriting, broken, change } = apply(snapshot, holds, delivery, world.clock.now());
  const guarded = { delivery, repo, lineage };
  const whole = await guardWritten(guarded, snapshot, rewriting, newest);
  if (rewriting.files.length === 0 && !whole.mark) {
    // It may be there by a push of ours that the host reported as refused.
    const won = await findLandedPush(repo.remote, tip, landing.pushes, true);
    return { is: 'ended', outcome: won ? landedOutcome(landing, won) : unchangedOutcome(landing, tip) };
  }
  if (broken !== undefined) return { is: 'ended', outcome: heldOutcome(broken, delivery) };
  refuseOvertaken(delivery, rewriting, change);
  const outcome = whole.instead ?? (await guard(guarded, tip, rewriting));
  if (outcome !== undefined) return { is: 'ended', outcome };
  world.trace?.(`commit ${delivery.name}: to be made on ${tip}; ${whyMadeOn(landing)}`);
  const seconds = Math.floor(world.clock.now() / 1_000);
  const built = makeCommitObjects(snapshot, rewriting.files, delivery, seconds);
  const made = { on: tip, rewriting, built, holds: change, message: delivery.message };
  landing.made = made;
  return { is: 'made', made };
}

function whyMadeOn({ delivery, lineage }: Landing): string {
  if (delivery.order === 'off') return 'whose values are older or newer is not asked.';
  if (delivery.gitTag !== undefined) return `no value to be replaced is of a higher release than ${delivery.gitTag}.`;
  if (lineage === undefined) return 'no commit of an app repo stands behind it that could be older.';
  return `no value to be replaced is held, or from a commit that isn't older than ${lineage.commit}.`;
}

/** Throws VALUE_OVERTAKEN where an edit names the value that it replaces and the file has another one by now. */
function refuseOvertaken({ edits, holds }: DeliveryPlan, rewriting: Rewriting, change: HoldChange | undefined): void {
  const found = valuesFound(rewriting, edits);
  for (const [at, { file, path, value, replaces }] of edits.entries()) {
    const now = found[at];
    if (replaces === undefined || now === replaces || now === value) continue;
    throw new TagboatError('VALUE_OVERTAKEN', { file, path, was: replaces, is: now ?? '' }, { place: { file } });
  }
  // The same of what is to be held as it is.
  const asked = holds?.is === 'hold' ? holds.places : [];
  for (const [at, { file, path, value }] of asked.entries()) {
    const is = change?.is === 'hold' ? (change.places[at]?.value ?? '') : value;
    if (value === undefined || is === value) continue;
    throw new TagboatError('VALUE_OVERTAKEN', { file, path, was: value, is: is ?? '' }, { place: { file } });
  }
}

/** The outcome of a commit of ours that the branch has. */
export function landedOutcome({ delivery, pushes }: Landing, made: MadeCommit): CommitOutcome {
  const { changes, written, diff } = made.rewriting;
  const { commit } = made.built;
  return {
    is: 'landed',
    ...placeOf(delivery),
    commit,
    parent: made.on,
    changes,
    ...(delivery.writes && { written }),
    diff,
    attempts: pushes.length,
    holds: made.holds,
  };
}

export function unchangedOutcome({ delivery }: Landing, tip: ObjectId): CommitOutcome {
  return { is: 'unchanged', ...placeOf(delivery), tip };
}

/** The error for a landing that ran out of time. */
export function landingTimedOut({ world, delivery, pushes, began }: Landing): TagboatError {
  const { repo, branch } = delivery;
  const seconds = Math.round((world.clock.now() - began) / 1_000);
  const last = pushes.findLast(({ fate }) => fate.is === 'refused')?.fate;
  const peer = last?.is === 'refused' ? { peer: { ...last.words, retryable: true } } : {};
  return new TagboatError('LAND_TIMED_OUT', { repo, branch, attempts: pushes.length, seconds }, peer);
}

function placeOf({ name, repo, branch }: DeliveryPlan): { delivery: string; repo: string; branch: string } {
  return { delivery: name, repo, branch };
}
