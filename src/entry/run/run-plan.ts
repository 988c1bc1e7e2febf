import type { RunValue } from '../../events/json-event.ts';
import { contentVariable } from '../../plan/image.ts';
import type { CommitPreview, RunResult } from '../../plan/outcome.ts';
import type { DeliveryPlan, RunPlan } from '../../plan.ts';
import { ship } from '../../ship.ts';
import type { BuildingOptions, CommonOptions } from './options.ts';
import type { Session } from './session.ts';
import { withStages } from './stages.ts';
import type { Ending } from './stopping.ts';

/** Runs a plan with the real stages; where it is to be reviewed first, as it was shown or not at all. */
export async function runPlan(
  session: Session,
  asked: RunPlan,
  { jobs, review }: Pick<CommonOptions, 'jobs' | 'review'>,
  { rebuild = false }: BuildingOptions = {},
): Promise<Ending> {
  const { signal } = session.world;
  let plan = asked;
  if (review !== undefined) {
    const previews = await withStages(session, asked, ({ checkDelivery }) =>
      Promise.all(asked.deliveries.map(checkDelivery)),
    );
    if (!review(previews)) return { value: null };
    plan = { ...asked, deliveries: asked.deliveries.map((one, at) => pinned(one, previews[at])) };
  }
  const run = (told: Session): Promise<Ending> =>
    withStages(told, plan, async (stages) => endingOf(plan, await ship(plan, stages, told.emit, { jobs, signal })), {
      rebuild,
    });
  if (session.hooks.length === 0 && session.commented.length === 0) return run(session);
  return (await import('./notify/notify.ts')).withNotifications(session, plan, run);
}

/** The delivery of what was shown alone: of a value that somebody sets meanwhile, VALUE_OVERTAKEN tells. */
function pinned(delivery: DeliveryPlan, preview: CommitPreview | undefined): DeliveryPlan {
  const edits = delivery.edits.map((edit) => {
    const change = preview?.changes.find(({ file, path }) => file === edit.file && path === edit.path);
    // What stands under another name, or is created, is nobody's value.
    const before = change === undefined ? edit.value : change.replaces === undefined ? change.before : undefined;
    return { ...edit, replaces: edit.replaces ?? before };
  });
  return { ...delivery, edits, holds: preview?.holds ?? delivery.holds };
}

function endingOf(plan: RunPlan, { exitCode, errors, ...value }: RunResult): Ending {
  const [planned, first] = [plan.images[0], value.images.find(({ is }) => is !== 'skipped')?.reference];
  // By content, a tag is known once its image is there.
  const later = planned?.from !== undefined || planned?.tag.includes(contentVariable) === true;
  const tag = later ? /:([^:/]+)$/.exec(first ?? '')?.[1] : planned?.tag;
  const done: RunValue = { ...value, tag };
  return { exitCode, errors, value: done };
}
