import { type BuildingOptions, type CommonOptions, type LandingOptions, landingSo } from '../run/options.ts';
import { openRun, tellNothing } from '../run/prepare.ts';
import { runPlan } from '../run/run-plan.ts';
import type { Body } from '../run/session.ts';

/** `tagboat ship`: from the app repo's commit to a config commit. */
export function ship(options: CommonOptions, how: LandingOptions & BuildingOptions = {}): Body {
  return async (session) => {
    // The build stage is loaded while git is asked: a run needs it in most cases.
    const [prepared] = await Promise.all([openRun(session, options), import('../../image/image.ts')]);
    const plan = landingSo(prepared.plan, how);
    tellNothing(session, prepared, options, how.allowNothing);
    return runPlan(session, plan, options, how);
  };
}
