import type { RunValue } from '../../events/json-event.ts';
import { contentVariable } from '../../plan/image.ts';
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
  const run = (told: Session): Promise<Ending> =>
    withStages(told, plan, async (stages) => endingOf(plan, await ship(plan, stages, told.emit, { jobs, signal })), {
      rebuild,
    });
  if (session.hooks.length === 0) return run(session);
  return (await import('./notify/notify.ts')).withNotifications(session, plan, run);
}

function endingOf(plan: RunPlan, { exitCode, errors, ...value }: RunResult): Ending {
  const [planned, first] = [plan.images[0], value.images.find(({ is }) => is !== 'skipped')?.reference];
  // By content, a tag is known once its image is there.
  const later = planned?.from !== undefined || planned?.tag.includes(contentVariable) === true;
  const tag = later ? /:([^:/]+)$/.exec(first ?? '')?.[1] : planned?.tag;
  const done: RunValue = { ...value, tag };
  return { exitCode, errors, value: done };
}
