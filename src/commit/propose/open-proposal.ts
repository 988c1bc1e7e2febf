import { TagboatError } from '../../errors.ts';
import type { HeldPlace } from '../../plan/holds.ts';
import type { DeclinedProposal, OpenProposal } from '../../plan/pull-request.ts';
import { headOf } from '../../plan/pull-request.ts';
import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import { WireFailure } from '../../wire/failure.ts';
import { commitsSince } from '../../wire/git/ancestry.ts';
import type { World } from '../../wire/world.ts';
import { sourceOf } from '../order/trailers.ts';
import { askConfigRepo } from '../repo/ask.ts';
import { openForge } from '../repo/forge.ts';
import { closedByUs, saysJust } from './draft.ts';

/**
 * What of a delivery waits for review: git tells that its branch has what the base hasn't, the host's API by which pull
 * request. Undefined where nothing does. An API that can't be asked is told beside it, and asked with the patience of `look`.
 * Throws as reading a config repo does.
 */
export async function openProposal(
  world: World,
  delivery: Pick<DeliveryPlan, 'name' | 'repo' | 'branch' | 'pullRequest'>,
  credential: GitCredential | undefined,
  look: World = world,
): Promise<OpenProposal | undefined> {
  const head = headOf(delivery);
  const found = await askConfigRepo(world, delivery, credential, async ({ remote, ref }) => {
    const proposed = `refs/heads/${head}`;
    const refs = await remote.refs([ref, proposed], 10);
    const [tip, commit] = [refs.get(ref), refs.get(proposed)];
    if (tip === undefined || commit === undefined) return undefined;
    const ahead = await commitsSince(remote, commit, tip);
    if (ahead?.size === 0) return undefined;
    return { head, commit, from: sourceOf(ahead?.get(commit)?.message ?? '')?.commit };
  });
  if (found === undefined) return undefined;
  try {
    const pull = await openForge(look, delivery, credential).find(head);
    // The branch outlives a pull request that was squashed, or closed by somebody.
    return pull && { ...found, number: pull.number, url: pull.url };
  } catch (error) {
    world.signal.throwIfAborted();
    const isTold = error instanceof WireFailure || error instanceof TagboatError || look.signal.aborted;
    if (!isTold || !(error instanceof Error)) throw error;
    return { ...found, notAsked: error.message };
  }
}

/**
 * The newest proposal of just these values that somebody closed without merging it. Undefined where there is none, or it was
 * merged. Throws WireFailure, PULL_REQUEST_IMPOSSIBLE.
 */
export async function declinedProposal(
  look: World,
  delivery: Pick<DeliveryPlan, 'name' | 'repo' | 'branch' | 'pullRequest'>,
  values: readonly (HeldPlace & { readonly to: string })[],
  credential: GitCredential | undefined,
): Promise<DeclinedProposal | undefined> {
  const closed = await openForge(look, delivery, credential).findClosed(headOf(delivery));
  const { branch, pullRequest } = delivery;
  const found = closed.find(({ base, body }) => base === branch && saysJust(body, values, pullRequest?.body));
  if (found?.state !== 'closed' || found.body.includes(closedByUs)) return undefined;
  return { number: found.number, url: found.url };
}
