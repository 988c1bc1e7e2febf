import { readState } from '../../commit/order/places-state.ts';
import { pairPlaces } from '../../config/plan/pair-places.ts';
import { planPromote } from '../../config/plan/promote.ts';
import type { Config, DeliveryConfig } from '../../config/shape/checked.ts';
import { nearestWord } from '../../errors/spelling.ts';
import { TagboatError } from '../../errors.ts';
import type { PairsValue } from '../../events/json-event.ts';
import { emitNotice } from '../../events.ts';
import type { HeldPlace } from '../../plan/holds.ts';
import type { PlacePair } from '../../plan/listed.ts';
import type { RunPlan, Source } from '../../plan.ts';
import { type CommonOptions, type LandingOptions, landingSo } from '../run/options.ts';
import { identityIn, openConfig } from '../run/prepare.ts';
import { runPlan } from '../run/run-plan.ts';
import type { Body, Session } from '../run/session.ts';
import { withStages } from '../run/stages.ts';
import type { Ending } from '../run/stopping.ts';
import { withAuth } from '../run/with-auth.ts';
import { oneLine } from '../show/printable.ts';

export interface PromoteOptions extends LandingOptions {
  readonly why?: string | undefined;
  /** Tell what it would set, and write nothing. */
  readonly check?: boolean | undefined;
}

/** `tagboat promote`: the values of one delivery's place to another's, as they stand there now. Builds nothing. */
export function promote(common: CommonOptions, fromName: string, toName: string, options: PromoteOptions): Body {
  return async (session) => {
    const { world, emit } = session;
    const { why, check = false, force = false, queue = true, waitMerge } = options;
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
      emitNotice(emit, 'warning', 'commit', 'PROMOTED_OF_NO_COMMIT', { from: from.name, to: to.name }, message);
    }
    // The order is that of the promoted commit and not of the one that is checked out here.
    const of: Source | undefined = commit === undefined ? undefined : { ...source, commit };
    const plan = landingSo(
      { source: of, aws: undefined, images: [], deliveries: [delivery] },
      { force, queue, waitMerge },
    );
    return check ? previewPlan(session, plan, pairs) : runPlan(session, plan, common);
  };
}

/** The pairs and the diff, without a commit. */
function previewPlan(session: Session, plan: RunPlan, pairs: readonly PlacePair[]): Promise<Ending> {
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
