import type { BuildingOptions, CommonOptions } from '../run/options.ts';
import { openRun, refuseFork } from '../run/prepare.ts';
import { runPlan } from '../run/run-plan.ts';
import type { Body } from '../run/session.ts';

/** `tagboat build`: the images alone. */
export function build(options: CommonOptions, building: BuildingOptions = {}): Body {
  return async (session) => {
    // The build stage is loaded while git is asked: a run needs it in most cases.
    const [{ plan, source }] = await Promise.all([
      openRun(session, { ...options, delivery: [] }),
      import('../../image/image.ts'),
    ]);
    refuseFork(source);
    return runPlan(session, { ...plan, deliveries: [] }, options, building);
  };
}
