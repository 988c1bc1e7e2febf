import { findEarlier } from '../../commit/order/earlier.ts';
import { planRollback } from '../../config/plan/rollback.ts';
import { parseUntil } from '../../config/read/arguments.ts';
import { emitNotice } from '../../events.ts';
import { type CommonOptions, type LandingOptions, landingSo } from '../run/options.ts';
import { actorIn, identityIn } from '../run/prepare.ts';
import { runPlan } from '../run/run-plan.ts';
import type { Body } from '../run/session.ts';
import { withAuth } from '../run/with-auth.ts';
import { oneLine, short } from '../show/printable.ts';
import { commandTarget, type TargetOptions } from './target/target.ts';

export interface RollbackOptions extends TargetOptions, Pick<LandingOptions, 'waitMerge'> {
  /** `previous`, a config commit, or the app repo's commit that was delivered. */
  readonly to: string;
  readonly why?: string | undefined;
  readonly by?: string | undefined;
  readonly until?: string | undefined;
  /** Cross values that were set by hand. */
  readonly force?: boolean;
}

/** `tagboat rollback`: earlier values by a commit that also holds them, and then the verdict as after any other. */
export function rollback(common: CommonOptions, name: string | undefined, options: RollbackOptions): Body {
  return async (session) => {
    const { world, emit } = session;
    const { waitMerge } = options;
    const until = options.until === undefined ? undefined : parseUntil(options.until, world.clock.now());
    const target = await commandTarget(session, common, name, options);
    const { delivery: of = 'rollback', repo, branch, places } = target;
    session.unplanned.push({ source: undefined, deliveries: [{ name: of, repo, branch, edits: places }] });
    const { to, force = false, why = 'asked for on the command line', by = actorIn(world.env) } = options;
    const earlier = await withAuth(session, async (auth) =>
      findEarlier(world, target, target.places, await auth.git(target.repo), { to, force }),
    );
    for (const { commit, subject } of earlier.undone) {
      const message = `Undoing ${short(commit)}: ${oneLine(subject)}`;
      emitNotice(emit, 'info', 'commit', 'ROLLBACK_UNDOES', { commit }, message);
    }
    const plan = planRollback(target, {
      ...(await identityIn(world, session.cwd)),
      ...{ ...earlier, to: earlier.at, from: earlier.tip },
      ...{ why, by, until, deploy: target.deploy },
    });
    const run = { source: undefined, aws: undefined, images: [], deliveries: [plan] };
    return runPlan(session, landingSo(run, { waitMerge }), common);
  };
}
