import type { RunPlan } from '../../plan.ts';
import { type RunResult, ship } from '../../ship.ts';
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
  return { exitCode, errors, value: { ...value, tag: plan.images[0]?.tag } };
}
