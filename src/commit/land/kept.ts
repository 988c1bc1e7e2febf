import { TagboatError } from '../../errors.ts';
import { WireFailure } from '../../wire/failure.ts';
import { commitsOnto } from '../../wire/git/ancestry.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import type { BranchLook } from '../repo/config-repo.ts';
import { type Landing, lookAtBranch } from './landing.ts';

/** Looks by which a host's answer may lag behind its own push. */
const looksForOk = 5;

/**
 * The branch as it is where it lacks a commit of ours, made on `on`, that its host reported as pushed: Dulwich says so too
 * when another push was first. Undefined where it has the commit, or nobody can tell: then the report stands. Throws
 * PUSH_DENIED where the branch stays on `on`.
 */
export async function lookForTaken(landing: Landing, on: ObjectId, commit: ObjectId): Promise<BranchLook | undefined> {
  const { world, repo, delivery } = landing;
  try {
    for (let looks = 1; looks <= looksForOk; looks += 1) {
      if (looks > 1) await world.clock.sleep(125 * 2 ** looks, world.signal);
      const seen = await lookAtBranch(landing);
      if (seen.tip === commit) return undefined;
      if (seen.tip === on) continue;
      const commits = await commitsOnto(repo.remote, seen.tip, on);
      return commits === undefined || commits.has(commit) ? undefined : seen;
    }
  } catch (error) {
    // Stopped, a run ends; what it was told is what it tells.
    if (error instanceof WireFailure || world.signal.aborted) return undefined;
    throw error;
  }
  const text = 'It reported the push as done, and the branch is where it was.';
  const place = { repo: delivery.repo, branch: delivery.branch };
  throw new TagboatError('PUSH_DENIED', place, { peer: { text, retryable: false } });
}
