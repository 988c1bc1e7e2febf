import { planHold, planRelease, planRepair } from '../../config/plan/hold.ts';
import { parseUntil } from '../../config/read/arguments.ts';
import { usageError } from '../../errors.ts';
import type { DeliveryPlan } from '../../plan.ts';
import type { CommonOptions } from '../run/options.ts';
import { type LandingOptions, landingSo } from '../run/options.ts';
import { actorIn, identityIn } from '../run/prepare.ts';
import { runPlan } from '../run/run-plan.ts';
import type { Body, Session } from '../run/session.ts';
import { commandTarget, commandTargets, type TargetOptions } from './target/target.ts';

interface UnholdOptions extends TargetOptions, Pick<LandingOptions, 'queue'> {
  readonly why?: string | undefined;
  /** Make the holds' file readable, and release nothing that can be read. */
  readonly repair?: boolean | undefined;
}

interface HoldOptions extends Omit<UnholdOptions, 'repair'> {
  readonly until?: string | undefined;
  readonly by?: string | undefined;
}

/** `tagboat hold`: later runs leave these values as they are, until the hold ends or is released. */
export function hold(common: CommonOptions, name: string | undefined, options: HoldOptions): Body {
  return async (session) => {
    const { world, command } = session;
    const { why } = options;
    if (why === undefined || why.trim() === '') {
      throw usageError('--why says to others why this is held.', command);
    }
    const until = options.until === undefined ? undefined : parseUntil(options.until, world.clock.now());
    const target = await commandTarget(session, common, name, options);
    const by = options.by ?? actorIn(world.env);
    const identity = await identityIn(world, session.cwd);
    return land(session, common, [planHold(target, { ...identity, why, until, by })], options);
  };
}

/** `tagboat unhold`: ends holds. */
export function unhold(common: CommonOptions, name: string | undefined, options: UnholdOptions): Body {
  return async (session) => {
    const { repair, path = [], why } = options;
    if (repair === true && (path.length > 0 || why !== undefined)) {
      const problem = '--repair is about the whole file of holds: it takes neither --path nor --why.';
      throw usageError(problem, session.command);
    }
    if (repair === true) {
      const targets = await commandTargets(session, common, name, options);
      const identity = await identityIn(session.world, session.cwd);
      // The file is a branch's, however many deliveries go there.
      const branches = new Map(targets.map((target) => [`${target.repo} ${target.branch}`, target]));
      return land(
        session,
        common,
        [...branches.values()].map((target) => planRepair(target, identity)),
        options,
      );
    }
    const target = await commandTarget(session, common, name, options);
    const identity = await identityIn(session.world, session.cwd);
    return land(session, common, [planRelease(target, { ...identity, why })], options);
  };
}

function land(session: Session, common: CommonOptions, deliveries: readonly DeliveryPlan[], options: LandingOptions) {
  const plan = { source: undefined, aws: undefined, images: [], deliveries };
  return runPlan(session, landingSo(plan, options), common);
}
