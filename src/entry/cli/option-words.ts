import { InvalidArgumentError } from 'commander';

/** Options that several commands have, in the same words. */

export const forceHelp = 'replace values of newer or unrelated commits too (a hold stays)';
export const rebuildHelp = 'build every image, also where the registry has one of the same input';
export const allowNothingHelp = 'end well on a detached head too, which no delivery takes';
export const queueHelp = "don't wait in the config repo's queue when others are faster: try again instead";

export const imageHelp = 'an image that something else built, taken as it is, as name=reference; may be given again';

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
