import { namedOf } from '../../../config/plan/part.ts';
import type { Config, DeliveryConfig } from '../../../config/shape/checked.ts';
import { type TagboatError, usageError } from '../../../errors.ts';
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
  const [found] = namedOf(config.deliveries, [name], { kind: 'delivery', of: config, command: 'promote' });
  if (found === undefined) throw new RangeError(name);
  return found;
}

/** The images asked for, undefined for all. Throws USAGE. */
export function imagesIn(config: Config, names: readonly string[] = []): readonly string[] | undefined {
  if (names.length === 0) return undefined;
  return namedOf(config.images, names, { kind: 'image', of: config, command: 'promote' }).map(({ name }) => name);
}

/** A command line that asks for nothing that can be done. */
export function wrong(problem: string): TagboatError {
  return usageError(problem, 'promote');
}
