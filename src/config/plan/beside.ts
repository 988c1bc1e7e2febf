import { createHash } from 'node:crypto';
import type { HeldPlace } from '../../plan/holds.ts';
import { placeKey } from '../../plan/path.ts';
import { headOf, type PullRequestPlan } from '../../plan/pull-request.ts';
import type { DeliveryPlan } from '../../plan.ts';

interface Asked extends Pick<DeliveryPlan, 'via' | 'pullRequest'> {
  readonly delivery: string | undefined;
  /** What it is about. */
  readonly places: readonly HeldPlace[];
  /** These are some of the delivery's, or others. */
  readonly isPart?: boolean | undefined;
}

/**
 * How a hold or a rollback is proposed: by its own message, and from a branch of its own, so that it stands beside what runs
 * propose and neither replaces the other. No delivery's name has a dot. Pure.
 */
export function proposedBeside(
  { via, pullRequest, delivery, places, isPart = false }: Asked,
  what: 'rollback' | 'hold',
): Pick<DeliveryPlan, 'via' | 'pullRequest'> {
  if (via !== 'pullRequest') return { via };
  const head = `${headOf({ name: delivery ?? what, pullRequest })}.${what}`;
  return {
    via,
    pullRequest: { ...withoutWords(pullRequest), head: isPart ? `${head}-${placesDigest(places)}` : head },
  };
}

/** How a change that isn't a run's is proposed: its own message is what it says. */
export function withoutWords(asked: PullRequestPlan | undefined): PullRequestPlan | undefined {
  return asked && { ...asked, title: undefined, body: undefined };
}

/** The same for the same places, in whatever order, and the same words. */
export function placesDigest(places: readonly HeldPlace[], ...words: readonly string[]): string {
  const text = [...places.map(placeKey).sort(), ...words].join('\n');
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}
