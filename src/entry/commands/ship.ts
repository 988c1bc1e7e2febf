import type { DeliveryPlan, RunPlan } from '../../plan.ts';
import { type RunResult, ship as run } from '../../ship.ts';
import type { CommonOptions } from '../cli/program.ts';
import { prepare } from '../run/prepare.ts';
import type { Body, Ending, Session } from '../run/session.ts';
import { withStages } from '../run/stages.ts';

/** How a run lands, whatever the config says. */
export interface LandingOptions {
  /** Values of newer or unrelated commits are replaced too. */
  readonly force?: boolean;
  /** Default as the config says. */
  readonly queue?: boolean;
}

/** How images are built, whatever the config says. */
export interface BuildingOptions {
  /** What is there already is built again. */
  readonly rebuild?: boolean;
}

/** `tagboat ship`: from the app repo's commit to a config commit. */
export function ship(options: CommonOptions, how: LandingOptions & BuildingOptions = {}): Body {
  return async (session) => {
    // The build stage is loaded while git is asked: a run needs it in most cases.
    const [prepared] = await Promise.all([prepare(session, options), import('../../image/image.ts')]);
    const plan = landingSo(prepared.plan, how);
    if (plan.deliveries.length === 0) {
      const message = 'No delivery takes this branch: images are built and nothing is committed.';
      session.emit({ type: 'notice', level: 'warning', stage: 'plan', message });
    }
    return runPlan(session, plan, options, how);
  };
}

/** The plan with what the command line says of its landings. */
export function landingSo(plan: RunPlan, options: LandingOptions): RunPlan {
  const order: Pick<DeliveryPlan, 'order'> = options.force === true ? { order: 'off' } : {};
  const queue: Pick<DeliveryPlan, 'queue'> = options.queue === false ? { queue: false } : {};
  return { ...plan, deliveries: plan.deliveries.map((delivery) => ({ ...delivery, ...order, ...queue })) };
}

/** Runs a plan with the real stages. */
export async function runPlan(
  session: Session,
  plan: RunPlan,
  { jobs }: CommonOptions,
  { rebuild = false }: BuildingOptions = {},
): Promise<Ending> {
  const { signal } = session.world;
  return withStages(
    session,
    plan,
    async (stages) => endingOf(plan, await run(plan, stages, session.emit, { jobs, signal })),
    { rebuild },
  );
}

function endingOf(plan: RunPlan, { exitCode, errors, ...value }: RunResult): Ending {
  const tag = plan.images[0]?.tag;
  return { exitCode, errors, value: { ...value, ...(tag === undefined ? {} : { tag }) } };
}
