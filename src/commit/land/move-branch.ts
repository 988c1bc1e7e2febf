import { TagboatError } from '../../errors.ts';
import { emitNotice } from '../../events.ts';
import { type ObjectId, zeroId } from '../../wire/git/pack/object.ts';
import type { NewObject } from '../../wire/git/pack/pack.ts';
import { backoff } from '../../wire/retry.ts';
import type { Landing } from './landing.ts';
import { pushRef } from './push-commit.ts';

/** Looks after a push that moved nothing until the host's no is believed. */
const refusalsBelieved = 3;

/** A branch, where it was seen (undefined: nowhere), and where it is to be. */
interface BranchMove {
  readonly branch: string;
  readonly from: ObjectId | undefined;
  readonly to: ObjectId;
  readonly objects: readonly NewObject[];
}

/** Moves a branch if it is still where it was seen. Answers whether it is there now. Throws PUSH_DENIED; WireFailure. */
export async function moveBranch(landing: Landing, { branch, from, to, objects }: BranchMove): Promise<boolean> {
  const { world, repo, delivery } = landing;
  const { remote } = repo;
  const ref = `refs/heads/${branch}`;
  landing.doing = 'push';
  for (let tries = 1; ; tries += 1) {
    const fate = await pushRef(world, { remote, ref }, { from: from ?? zeroId(remote.format()), to, objects });
    const now = (await remote.refs([ref], 10)).get(ref);
    if (now === to) break;
    if (now !== from) return false;
    if (tries < refusalsBelieved) {
      await world.clock.sleep(backoff(tries, undefined, world), world.signal);
      continue;
    }
    if (fate.is === 'lost') throw fate.failure;
    const text = 'It reported the push as done, and the branch is where it was.';
    const peer = fate.is === 'refused' ? { ...fate.words, retryable: false } : { text, retryable: false };
    throw new TagboatError('PUSH_DENIED', { repo: delivery.repo, branch }, { peer });
  }
  landing.doing = 'read';
  return true;
}

/**
 * Makes the branch where its base is: nothing is to be committed on it, or what is proposed needs it there. Where somebody
 * else has made it meanwhile, it stays as that is. Throws PUSH_DENIED; WireFailure.
 */
export async function makeBranch(landing: Landing, tip: ObjectId): Promise<void> {
  const { branch } = landing.delivery;
  tellMade(landing);
  await moveBranch(landing, { branch, from: undefined, to: tip, objects: [] });
}

/** Tells that the branch is made, by whatever push. */
export function tellMade({ emit, delivery: { repo, branch, createBranch } }: Landing): void {
  const base = createBranch?.from;
  const message = `${repo} has no branch ${branch}: it is made from ${base ?? 'the default branch'}.`;
  emitNotice(emit, 'info', 'commit', 'BRANCH_CREATED', { branch, base }, message);
}
