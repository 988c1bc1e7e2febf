import type { Config, DeliveryConfig } from '../../../config/shape/checked.ts';
import { nearestWord } from '../../../errors/spelling.ts';
import { TagboatError } from '../../../errors.ts';
import type { LandingOptions } from '../../run/options.ts';

export interface PromoteOptions extends Pick<LandingOptions, 'force' | 'waitMerge'> {
  readonly why?: string | undefined;
  /** Tell what it would set, and write nothing. */
  readonly check?: boolean | undefined;
  /** Every delivery whose `after` is the first one. */
  readonly all?: boolean | undefined;
  /** Whatever is due, of all deliveries with `after` or those that are named. */
  readonly due?: boolean | undefined;
}

/** A delivery by its name. Throws USAGE. */
export function deliveryOf(config: Config, name: string): DeliveryConfig {
  return namedOf(config, 'delivery', config.deliveries, name);
}

/** The images asked for, undefined for all. Throws USAGE. */
export function imagesIn(config: Config, names: readonly string[] = []): readonly string[] | undefined {
  return names.length === 0 ? undefined : names.map((name) => namedOf(config, 'image', config.images, name).name);
}

function namedOf<T extends { readonly name: string }>(
  config: Config,
  what: string,
  all: readonly T[],
  name: string,
): T {
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  const guess = nearestWord(
    name,
    all.map((one) => one.name),
  );
  throw wrong(
    `${config.file} has no ${what} ${JSON.stringify(name)}.${guess === undefined ? '' : ` Did you mean ${guess}?`}`,
  );
}

/** A command line that asks for nothing that can be done. */
export function wrong(problem: string): TagboatError {
  return new TagboatError('USAGE', { problem, command: 'promote' });
}
