import { readState } from '../../../commit/order/places-state.ts';
import type { DeliveryConfig } from '../../../config/shape/checked.ts';
import { TagboatError } from '../../../errors.ts';
import type { Candidate, NotYet } from '../../../plan/listed.ts';
import { type AskingDue, whyUntold } from './due-facts.ts';
import { proposalOf } from './read-histories.ts';

/** What became of a proposal of just these values: it waits for review, or a reviewer said no. Undefined where neither is so. */
export async function proposedAlready(
  asking: AskingDue,
  to: DeliveryConfig,
  candidate: Candidate,
  again: boolean,
): Promise<NotYet | undefined> {
  const { session, auth, looking, look } = asking;
  const { world } = session;
  const { values } = candidate;
  const looked = looking.seen.find(({ delivery }) => delivery === to.name);
  const proposal = looked && (await proposalOf(world, look, auth, looked));
  if (proposal === undefined) return declined(asking, to, candidate);
  if (again) return undefined;
  const credential = await auth.git(to.repo);
  const state = await readState(world, to, values, credential, proposal.commit).catch((error: unknown) => {
    world.signal.throwIfAborted();
    // What can't be read there as it is to be is proposed anew.
    if (!(error instanceof TagboatError)) throw error;
    return undefined;
  });
  return values.every((value, at) => state?.values[at] === value.to) ? { is: 'proposed', proposal } : undefined;
}

/** A reviewer's no to just these values. */
async function declined(
  { session: { world }, auth, look }: AskingDue,
  to: DeliveryConfig,
  { values }: Candidate,
): Promise<NotYet | undefined> {
  if (to.via !== 'pullRequest') return undefined;
  try {
    const { declinedProposal } = await import('../../../commit/propose/open-proposal.ts');
    const proposal = await declinedProposal(look, to, values, await auth.git(to.repo));
    return proposal && { is: 'declined', proposal };
  } catch (error) {
    const why = `whether somebody closed a proposal of ${to.name} can't be told: ${whyUntold(world, look, error)}`;
    return { is: 'unknown', why };
  }
}
