import type { Auth } from '../../../auth/auth.ts';
import { readState } from '../../../commit/order/places-state.ts';
import { planPromote } from '../../../config/plan/promote.ts';
import type { ErrorReport } from '../../../errors.ts';
import type { PairsValue, RunValue } from '../../../events/json-event.ts';
import { emitNotice } from '../../../events.ts';
import type { HeldPlace } from '../../../plan/holds.ts';
import type { PlacePair } from '../../../plan/listed.ts';
import type { DeliveryPlan, RunPlan } from '../../../plan.ts';
import type { CommonOptions } from '../../run/options.ts';
import { identityIn } from '../../run/prepare.ts';
import { runPlan } from '../../run/run-plan.ts';
import type { Session } from '../../run/session.ts';
import { withStages } from '../../run/stages.ts';
import type { Ending } from '../../run/stopping.ts';
import { oneLine } from '../../show/printable.ts';
import type { Following } from '../see/due-facts.ts';

/** Whose values go where. */
export interface Promoting extends Pick<Following, 'from' | 'to' | 'pairs'> {
  /** The commit of the first one's branch by which it was decided; undefined: its newest. */
  readonly tip?: string | undefined;
}

/** A promotion, worked out. */
export interface PlannedPromotion {
  readonly delivery: DeliveryPlan;
  readonly pairs: readonly PlacePair[];
}

interface Words {
  readonly why: string | undefined;
  readonly byUs?: readonly (string | undefined)[] | undefined;
}

/** A promotion of what the first delivery has now. Throws as `readState` does. */
export async function planOf(
  { session: { world, emit, cwd }, auth }: { readonly session: Session; readonly auth: Auth },
  { from, to, pairs, tip }: Promoting,
  words: Words,
): Promise<PlannedPromotion> {
  const places = pairs.map((pair) => pair.from);
  const state = await readState(world, from, places, await auth.git(from.repo), tip);
  const delivery = planPromote(from, to, { ...(await identityIn(world, cwd)), ...state, pairs, ...words });
  if (delivery.promotes?.of === undefined) {
    const message = `Nothing says which commit the values of ${from.name} are from: they go over whatever ${to.name} has.`;
    emitNotice(emit, 'warning', 'commit', 'PROMOTED_OF_NO_COMMIT', { from: from.name, to: to.name }, message);
  }
  return { delivery, pairs };
}

/** What is to be done, of all that was asked for or what is named; with a preview, that alone. */
type Decide = (only: readonly string[] | undefined) => Promise<{
  readonly plan: RunPlan;
  readonly preview?: (() => Promise<Ending>) | undefined;
}>;

/** Times that a promotion is decided before one whose source moves each time is given up. */
const mostRounds = 3;

/** Runs what is decided. A promotion whose source moved before it landed is decided anew, by what is there then. */
export async function decideAgain(session: Session, { jobs, review }: CommonOptions, decide: Decide): Promise<Ending> {
  const ends: Ending[] = [];
  let only: readonly string[] | undefined;
  for (let round = 1; ; round += 1) {
    const { plan: decided, preview } = await decide(only);
    if (preview !== undefined) return preview();
    const last = round === mostRounds;
    const deliveries = decided.deliveries.map((one) => ({
      ...one,
      promotes: one.promotes && { ...one.promotes, again: !last },
    }));
    const plan = { ...decided, deliveries };
    const emit: Session['emit'] = (event) => {
      if (last || event.type !== 'commit.failed' || !isMove(event.error)) return session.emit(event);
      const { delivery, error } = event;
      const message = `${error.message} It is decided again.`;
      emitNotice(session.emit, 'info', 'commit', 'PROMOTION_DECIDED_AGAIN', { delivery }, message);
    };
    const end = await runPlan({ ...session, emit }, plan, { jobs, review });
    // What was shown is not agreed to.
    if (end.value === null) return ends.length === 0 ? end : together(ends);
    const { errors = [] } = end;
    const moved = last ? [] : errors.filter(isMove);
    ends.push({ ...end, errors: errors.filter((error) => !moved.includes(error)) });
    if (moved.length === 0) return together(ends);
    only = plan.deliveries.flatMap(({ name }) => (moved.some(({ about }) => about?.includes(name)) ? [name] : []));
  }
}

function isMove({ code }: ErrorReport): boolean {
  return code === 'PROMOTION_MOVED';
}

/** The ends of several rounds as one. */
function together(ends: readonly Ending[]): Ending {
  const values = ends.map(({ value }) => value as RunValue);
  const value: RunValue = {
    changed: values.some(({ changed }) => changed),
    images: [],
    ...{ commits: values.flatMap(({ commits }) => commits), verdicts: values.flatMap(({ verdicts }) => verdicts) },
    ...{ rollbacks: values.flatMap(({ rollbacks }) => rollbacks), tag: undefined },
  };
  const errors = ends.flatMap((end) => end.errors ?? []);
  return { errors, value };
}

/** Promotions as a run, of the checkout's app repo. */
export function runOf(planned: readonly PlannedPromotion[], source: RunPlan['source']): RunPlan {
  return { source, aws: undefined, images: [], deliveries: planned.map(({ delivery }) => delivery) };
}

/** The pairs and the diff, without a commit. */
export function previewPlan(session: Session, plan: RunPlan, planned: readonly PlannedPromotion[]): Promise<Ending> {
  const pairs = planned.flatMap((one): readonly PlacePair[] => one.pairs);
  return withStages(session, plan, async (stages) => {
    const deliveries = await Promise.all(plan.deliveries.map(stages.checkDelivery));
    session.say(() => pairs.map(({ from, to }) => oneLine(`${placeText(from)} → ${placeText(to)}`)).join('\n'));
    for (const preview of deliveries) {
      session.emit({ type: 'commit.previewed', delivery: preview.delivery, preview });
      session.print(preview.diff);
    }
    const value: PairsValue = { pairs, deliveries };
    return { value };
  });
}

function placeText({ file, path }: HeldPlace): string {
  return `${file} ${path}`;
}
