import type { CommonOptions } from '../cli/program.ts';
import { prepare } from '../run/prepare.ts';
import type { Body } from '../run/session.ts';
import { type BuildingOptions, runPlan } from './ship.ts';

/** `tagboat build`: the images alone. */
export function build(options: CommonOptions, building: BuildingOptions = {}): Body {
  return async (session) => {
    // The build stage is loaded while git is asked: a run needs it in most cases.
    const [{ plan }] = await Promise.all([prepare(session, options), import('../../image/image.ts')]);
    return runPlan(session, { ...plan, deliveries: [] }, options, building);
  };
}
