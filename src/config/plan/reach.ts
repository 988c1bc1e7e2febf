import type { Source } from '../../plan.ts';
import { starPattern } from '../../wire/text/pattern.ts';
import type { Config, DeliveryConfig } from '../shape/checked.ts';
import { withoutControls } from './message.ts';

/** A delivery that this commit doesn't reach, and why, as a sentence. */
export interface SkippedDelivery {
  readonly name: string;
  readonly why: string;
}

/** Whether a delivery takes what the run is of. A fork's pull request reaches none: its names are its author's. */
export function reaches({ from }: DeliveryConfig, { branch, gitTag, pullRequest }: Source): boolean {
  if (pullRequest?.foreign === true) return false;
  const fits = (patterns: readonly string[], name: string | undefined): boolean =>
    name !== undefined && patterns.some((pattern) => starPattern(pattern).test(name));
  return fits(from.branches, branch) || fits(from.tags, gitTag) || (from.pullRequests && pullRequest !== undefined);
}

/** What deliveries take, each ref as git names it. */
export function takenBy(deliveries: readonly DeliveryConfig[]): string[] {
  const taken = deliveries.flatMap(({ from, after }) => [
    ...(after === undefined ? [] : [`promotions after ${after.name}`]),
    ...from.branches.map((branch) => `refs/heads/${branch}`),
    ...from.tags.map((tag) => `refs/tags/${tag}`),
    ...(from.pullRequests ? ['pull requests'] : []),
  ]);
  return [...new Set(taken)];
}

/** The deliveries that a run of this commit leaves out. */
export function skippedDeliveries(
  config: Config,
  source: Source,
  names?: readonly string[],
): readonly SkippedDelivery[] {
  return config.deliveries
    .filter((delivery) => names?.includes(delivery.name) !== false && !reaches(delivery, source))
    .map((delivery) => {
      const { name, after } = delivery;
      if (after !== undefined)
        return { name, why: `${name} gets what ${after.name} has, by promotion alone (tagboat promote --due).` };
      return { name, why: `${name} takes ${takenBy([delivery]).join(', ')}, and ${whatItIsOf(source)}.` };
    });
}

/** What a run is of, as the end of a sentence. */
export function whatItIsOf({ branch, gitTag, pullRequest }: Source): string {
  if (pullRequest !== undefined)
    return `the run is of pull request ${pullRequest.number}${pullRequest.foreign ? ', which may be of a fork' : ''}`;
  if (gitTag !== undefined) return `the git tag is ${withoutControls(gitTag)}`;
  return branch === undefined ? 'no branch is checked out' : `the branch is ${withoutControls(branch)}`;
}
