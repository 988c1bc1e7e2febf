import { InvalidArgumentError } from 'commander';

/** Options that several commands have, in the same words. */

export const forceHelp = 'replace values of newer or unrelated commits too (a hold stays)';
export const rebuildHelp = 'build every image, also where the registry has one of the same input';
export const allowNothingHelp = 'end well where no delivery takes the commit too';
export const queueHelp = "don't wait in the config repo's queue when others are faster: try again instead";

export const waitMergeHelp = 'wait until what is proposed by pull request is merged, and for its verdict: 30m, 2h';
export const refHelp = 'what the commit is of: a branch, or a whole ref such as refs/tags/v1.2.0';
export const deliveryHelp = 'only this delivery of the config; may be given again';
export const onlyImageHelp = 'only this image; may be given again';
export const imageHelp =
  'only this image, and in deliveries its values alone; with =reference, one that something else built, taken as it is; may be given again';

/** An option that may be given again. */
export function collectOption(value: string, before: string[]): string[] {
  return [...before, value];
}

/** An option's whole number. */
export function wholeNumber(text: string, least: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError(`It must be a whole number from ${least}.`);
}
