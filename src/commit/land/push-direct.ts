import { TagboatError } from '../../errors.ts';
import type { CommitOutcome } from '../../plan/outcome.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import { backoff, isLimited, momentMs, passes, tellWait } from '../../wire/retry.ts';
import { filesTouched } from '../edit/rewrite.ts';
import type { BranchLook } from '../repo/config-repo.ts';
import { isCrowded, staleMs } from './crowd.ts';
import { lookForTaken } from './kept.ts';
import { decideOnTip, type Landing, landingTimedOut, lookAtBranch } from './landing.ts';
import { findLandedPush, type MadeCommit, type PushTry } from './push-commit.ts';

/** Looks after a refusal until it is believed: a rival that holds the branch's lock moves it in a moment. */
const looksBelieved = 3;
/** Refused packs until that is believed: one of differences, which not all servers can complete, then one of whole objects. */
export const refusalsBelieved = 2;
/** Pushes on one tip until a host that loses the reply each time is given up, unless it is one that passes. */
const lossesBorne = 3;

/** How a try on one tip ended: ours, nothing to do, or another tip by now. */
export type DirectPushEnd =
  | { readonly is: 'landed'; readonly made: MadeCommit }
  | { readonly is: 'ended'; readonly outcome: CommitOutcome }
  | { readonly is: 'beaten'; readonly look: BranchLook }
  /** The branch or its queue moved while the files were read: nothing was pushed. */
  | { readonly is: 'overtaken'; readonly look: BranchLook }
  /** Nothing moved, but others are about to push too: nothing was pushed. */
  | { readonly is: 'crowded'; readonly look: BranchLook };

/**
 * Pushes the commit on this tip, the old id as the lock, until it is taken, beaten, or denied. With a queue to go to,
 * a doubtful first push is not even tried. Throws PUSH_DENIED, ORDER_*, WireFailure.
 */
export async function pushDirect(landing: Landing, tip: ObjectId, queueing: boolean): Promise<DirectPushEnd> {
  const { world, pushes } = landing;
  for (;;) {
    world.signal.throwIfAborted();
    landing.doing = pushes.some(({ fate }) => fate.is === 'lost') ? 'push' : 'read';
    const draft = await decideOnTip(landing, tip);
    if (draft.is === 'ended') return draft;
    const { made } = draft;
    world.signal.throwIfAborted();
    if (queueing && pushes.length === 0 && isStale(landing)) {
      const { tookMs } = landing.looked;
      const now = await lookAtBranch(landing);
      if (now.tip !== tip || now.intents.size > 0) return { is: 'overtaken', look: now };
      if (isCrowded(tookMs, landing.looked.tookMs)) return { is: 'crowded', look: now };
    }
    landing.doing = 'push';
    const push = await landing.push(made);
    pushes.push(push);
    if (push.fate.is === 'taken') {
      const seen = push.fate.shown === true ? undefined : await lookForTaken(landing, push.on, push.built.commit);
      return seen === undefined ? { is: 'landed', made: push } : wonAmong(landing, seen);
    }
    const seen = await lookAgain(landing, push);
    if (seen !== undefined) return wonAmong(landing, seen);
    believe(landing, push);
  }
}

/** Whether the files took so long to read that the branch has likely moved meanwhile. */
function isStale({ world, looked, delivery }: Landing): boolean {
  // The commit with its root folder, then a folder an answer, the last one with its files.
  const reads = Math.max(2, ...filesTouched(delivery).map((file) => file.split('/').length));
  return world.clock.now() - looked.at > staleMs(reads, looked.tripMs);
}

/** Where the branch is once it has left the push's tip, or undefined when it stays there: then we were denied. */
async function lookAgain(landing: Landing, push: PushTry): Promise<BranchLook | undefined> {
  const { world, pushes, isNew } = landing;
  // Somebody else may have made the branch right where it was to be made.
  const isElsewhere = (seen: BranchLook) => seen.tip !== push.on || seen.isNew !== isNew;
  const failure = push.fate.is === 'lost' ? push.fate.failure : undefined;
  // Asked too often, a host did nothing with the push, and would not hear of a look either.
  const first = isLimited(failure) ? undefined : await lookAtBranch(landing);
  if (first !== undefined && isElsewhere(first)) return first;
  // A rival that holds the branch's lock has not moved it yet, and a server that cut us off needs a moment.
  const denied = push.fate.is === 'refused' && push.fate.unpackFailed !== true;
  const lost = pushes.filter(({ fate, on }) => fate.is === 'lost' && on === push.on).length;
  for (let looks = 1; looks <= (denied ? looksBelieved : 1); looks += 1) {
    const waitMs = 200 * looks + backoff(Math.max(looks, lost) + 1, failure, { random: world.random });
    const left = landing.deadline - world.clock.now();
    if (failure !== undefined && waitMs > left) throw failure;
    if (failure !== undefined && waitMs >= momentMs) tellWait(world.notice, failure, waitMs, left);
    await world.clock.sleep(waitMs, world.signal);
    // It is sent again: should the branch have moved, the answer says so as well as a look, which may be one too many.
    if (isLimited(failure)) return undefined;
    const next = await lookAtBranch(landing);
    if (isElsewhere(next)) return next;
  }
  return undefined;
}

/** A push whose reply was lost may be what moved the branch. */
async function wonAmong({ repo, pushes }: Landing, seen: BranchLook): Promise<DirectPushEnd> {
  const won = await findLandedPush(repo.remote, seen.tip, pushes);
  return won === undefined ? { is: 'beaten', look: seen } : { is: 'landed', made: won };
}

/** Throws when pushes on a tip that doesn't move have failed often enough to mean it. */
function believe(landing: Landing, push: PushTry): void {
  const { repo, branch } = landing.delivery;
  const { fate } = push;
  const onThisTip = landing.pushes.filter(({ on }) => on === push.on);
  const refused = onThisTip.filter((other) => other.fate.is === 'refused').length;
  const over = landing.world.clock.now() > landing.deadline;
  if (fate.is === 'refused' && fate.stale === true) {
    // What is read may be behind for a while.
    if (over) throw landingTimedOut(landing);
    return;
  }
  if (fate.is === 'refused' && (over || fate.unpackFailed !== true || refused >= refusalsBelieved)) {
    throw new TagboatError('PUSH_DENIED', { repo, branch }, { peer: { ...fate.words, retryable: false } });
  }
  if (fate.is === 'lost' && (over || (onThisTip.length >= lossesBorne && !passes(fate.failure)))) throw fate.failure;
}
