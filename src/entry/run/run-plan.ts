import type { RunValue } from '../../events/json-event.ts';
import type { RunResult } from '../../plan/outcome.ts';
import type { RunPlan } from '../../plan.ts';
import { ship } from '../../ship.ts';
import type { BuildingOptions, CommonOptions } from './options.ts';
import type { Session } from './session.ts';
import { withStages } from './stages.ts';
import type { Ending } from './stopping.ts';

/** Runs a plan with the real stages. */
export async function runPlan(
  session: Session,
  plan: RunPlan,
  { jobs }: Pick<CommonOptions, 'jobs'>,
  { rebuild = false }: BuildingOptions = {},
): Promise<Ending> {
  const { signal } = session.world;
  return withStages(
    session,
    plan,
    async (stages) => endingOf(plan, await ship(plan, stages, session.emit, { jobs, signal })),
    { rebuild },
  );
}

function endingOf(plan: RunPlan, { exitCode, errors, ...value }: RunResult): Ending {
  const done: RunValue = { ...value, tag: plan.images[0]?.tag };
  return { exitCode, errors, value: done };
}
