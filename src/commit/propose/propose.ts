import { emitNotice } from '../../events.ts';
import type { CommitOutcome } from '../../plan/outcome.ts';
import { headOf } from '../../plan/pull-request.ts';
import { type ObjectId, zeroId } from '../../wire/git/pack/object.ts';
import type { PathEnd } from '../../wire/git/snapshot.ts';
import { backoff } from '../../wire/retry.ts';
import { sameHolds } from '../holds/holds.ts';
import { decideOnTip, type Landing, landingTimedOut, lookAtBranch } from '../land/landing.ts';
import { makeBranch, moveBranch } from '../land/move-branch.ts';
import { type MadeCommit, sendPush } from '../land/push-commit.ts';
import { holdsFile } from '../repo/layout.ts';
import { type Head, type Proposing, readHead } from './head.ts';
import { closeOpen, describe, findOpen } from './pull.ts';

/**
 * Proposes one delivery: a commit on the base's tip, on a branch of its own, and one open pull request for it. What others put
 * on that branch stays below ours. Where nothing is left to propose, the pull request is closed and the branch removed. Whatever
 * kills it, the next run brings it to its end. Throws as `landDelivery` does, and PULL_REQUEST_*.
 */
export async function propose(proposing: Proposing): Promise<CommitOutcome> {
  const { landing } = proposing;
  const { world, delivery, repo } = landing;
  const branch = headOf(delivery);
  const ref = `refs/heads/${branch}`;
  const look = async (): Promise<ObjectId | undefined> => (await repo.remote.refs([ref], 10)).get(ref);
  for (let tries = 0; ; tries += 1) {
    world.signal.throwIfAborted();
    if (tries > 0) await giveWay(landing, tries);
    const { tip, isNew } = await lookAtBranch(landing);
    const at = await look();
    const decision = await decideOnTip(landing, tip);
    if (isNew && (decision.is === 'made' || decision.outcome.is === 'unchanged')) {
      // Who may not even ask for pull requests makes no branch for them.
      await findOpen(proposing);
      await makeBranch(landing, tip);
      continue;
    }
    const head = at === undefined ? undefined : await readHead(landing, tip, at);
    const theirs = head?.onHead?.is === 'ended' ? head.onHead.outcome : undefined;
    if (decision.is === 'ended') {
      const { outcome } = decision;
      // A hold may be released; what is newer than ours is another run's to end.
      if (head === undefined || outcome.is === 'held' || theirs?.is === 'superseded') return outcome;
      if (await retire(proposing, ref, head)) return outcome;
      continue;
    }
    if (theirs?.is === 'superseded' || (theirs?.is === 'held' && head?.ours !== true)) return theirs;
    const stays =
      head !== undefined &&
      theirs?.is === 'unchanged' &&
      (!head.ours || (hasSameFiles(head, decision.made) && (await isOnSameFiles(landing, head, decision.made))));
    // What somebody else put there stays, below ours.
    const made = head?.ours === false && head.onHead?.is === 'made' ? head.onHead.made : decision.made;
    // Asked before anything is written: whoever may not even ask leaves nothing behind.
    const open = await findOpen(proposing);
    const { commit: to, objects } = made.built;
    if (!stays && !(await moveBranch(landing, { branch, from: at, to, objects }))) continue;
    if (head?.ours === false) tellKept(landing);
    const commit = stays ? head.at : made.built.commit;
    const undo = () => remove(landing, ref, commit);
    const did = await describe(proposing, { open, commit, moved: !stays, made: decision.made, undo });
    if (did !== undefined) return did;
  }
}

/** The files that would be written are in the proposed commit as they would be. */
function hasSameFiles({ snapshot }: Head, { rewriting, built }: MadeCommit): boolean {
  return rewriting.files.every(({ file }) => {
    const [there, ours] = [snapshot.files.get(file), built.snapshot.files.get(file)];
    if (there?.is !== 'file' || ours?.is !== 'file') return false;
    // A hold made a moment later is the same hold.
    const isLater = file === holdsFile && sameHolds(there.blob.content, ours.blob.content);
    return isLater || there.blob.id === ours.blob.id;
  });
}

/** The files that it was made of are still the base's: changed there in the same lines, the two would conflict. */
async function isOnSameFiles({ repo }: Landing, head: Head, { on: tip, rewriting }: MadeCommit): Promise<boolean> {
  if (head.on === undefined || head.on === tip) return true;
  const files = rewriting.files.map(({ file }) => file);
  const [was, is] = [await repo.readPaths(head.on, files), await repo.readPaths(tip, files)];
  const idOf = (end: PathEnd | undefined) => (end?.is === 'file' ? end.blob.id : end?.is);
  return files.every((file) => idOf(was.files.get(file)) === idOf(is.files.get(file)));
}

/** Closes what has nothing to propose any more and removes its branch. False where the branch moved meanwhile. */
async function retire(proposing: Proposing, ref: string, { at, ours }: Head): Promise<boolean> {
  const { landing } = proposing;
  if (!ours) {
    tellKept(landing);
    return true;
  }
  await closeOpen(proposing);
  return remove(landing, ref, at);
}

/** Removes the branch if it still points there. Answers whether it is gone. */
async function remove({ world, repo }: Landing, ref: string, at: ObjectId): Promise<boolean> {
  const { remote } = repo;
  await sendPush(world, (signal) => remote.push([{ ref, from: at, to: zeroId(remote.format()) }], [], signal));
  return !(await remote.refs([ref], 10)).has(ref);
}

/** Waits before the whole is looked at anew. Throws LAND_TIMED_OUT. */
async function giveWay(landing: Landing, tries: number): Promise<void> {
  const { world } = landing;
  const waitMs = backoff(tries, undefined, { random: world.random, baseMs: 100, capMs: 5_000 });
  if (world.clock.now() + waitMs > landing.deadline) throw landingTimedOut(landing);
  await world.clock.sleep(waitMs, world.signal);
}

function tellKept({ emit, delivery }: Landing): void {
  const head = headOf(delivery);
  const message = `${head} of ${delivery.repo} has commits of somebody else's: they stay, and so does the branch.`;
  emitNotice(emit, 'warning', 'commit', 'PULL_REQUEST_KEPT', { branch: head }, message);
}
