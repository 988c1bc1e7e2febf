import { readState } from '../../commit/order/places-state.ts';
import { pairPlaces, planPromote } from '../../config/plan/promote.ts';
import type { Config, DeliveryConfig } from '../../config/shape/checked.ts';
import { nearestWord } from '../../errors/spelling.ts';
import { TagboatError } from '../../errors.ts';
import type { Source } from '../../plan.ts';
import type { CommonOptions } from '../run/options.ts';
import { type LandingOptions, landingSo } from '../run/options.ts';
import { identityIn, openConfig } from '../run/prepare.ts';
import { runPlan } from '../run/run-plan.ts';
import type { Body } from '../run/session.ts';
import { withAuth } from '../run/with-auth.ts';

export interface PromoteOptions extends LandingOptions {
  readonly why?: string | undefined;
}

/** `tagboat promote`: the values of one delivery's place to another's, as they stand there now. Builds nothing. */
export function promote(common: CommonOptions, fromName: string, toName: string, options: PromoteOptions): Body {
  return async (session) => {
    const { world, emit } = session;
    const { why, force = false, queue = true } = options;
    const { config, source } = await openConfig(session, common);
    const [from, to] = [deliveryOf(config, fromName), deliveryOf(config, toName)];
    const pairs = pairPlaces(from, to);
    const places = pairs.map((pair) => pair.from);
    const state = await withAuth(session, async (auth) => readState(world, from, places, await auth.git(from.repo)));
    const identity = await identityIn(world, session.cwd);
    const delivery = planPromote(from, to, { ...identity, ...state, pairs, why });
    const commit = /@?([0-9a-f]{40}|[0-9a-f]{64})$/.exec(state.source ?? '')?.[1];
    if (commit === undefined) {
      const message = `Nothing says which commit the values of ${from.name} are from: they go over whatever ${to.name} has.`;
      emit({ type: 'notice', level: 'warning', stage: 'commit', message });
    }
    // The order is that of the promoted commit and not of the one that is checked out here.
    const of: Source | undefined = commit === undefined ? undefined : { ...source, commit };
    return runPlan(
      session,
      landingSo({ source: of, aws: undefined, images: [], deliveries: [delivery] }, { force, queue }),
      common,
    );
  };
}

function deliveryOf(config: Config, name: string): DeliveryConfig {
  const found = config.deliveries.find((delivery) => delivery.name === name);
  if (found !== undefined) return found;
  const guess = nearestWord(
    name,
    config.deliveries.map((delivery) => delivery.name),
  );
  const problem = `${config.file} has no delivery ${JSON.stringify(name)}.${guess === undefined ? '' : ` Did you mean ${guess}?`}`;
  throw new TagboatError('USAGE', { problem, command: 'promote' });
}
