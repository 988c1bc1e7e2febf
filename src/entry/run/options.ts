import type { DeliveryPlan, RunPlan } from '../../plan.ts';

/** What every command takes. */
export interface CommonOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  readonly config?: string | undefined;
  readonly app?: string | undefined;
  readonly jobs: number;
}

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

/** The plan with what the command line says of its landings. */
export function landingSo(plan: RunPlan, options: LandingOptions): RunPlan {
  const order: Pick<DeliveryPlan, 'order'> = options.force === true ? { order: 'off' } : {};
  const queue: Pick<DeliveryPlan, 'queue'> = options.queue === false ? { queue: false } : {};
  return { ...plan, deliveries: plan.deliveries.map((delivery) => ({ ...delivery, ...order, ...queue })) };
}
