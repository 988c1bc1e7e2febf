import { landDelivery } from '../../commit/commit.ts';
import { findEarlier } from '../../commit/order/earlier.ts';
import { planRollback } from '../../config/plan/rollback.ts';
import { isError } from '../../errors.ts';
import { emitNotice } from '../../events.ts';
import type { Verdict } from '../../plan/deploy.ts';
import type { CommitOutcome, RolledBack } from '../../plan/outcome.ts';
import type { DeliveryPlan } from '../../plan.ts';
import { identityIn } from './prepare.ts';
import { type Watching, watchCommit } from './watch.ts';

/** How long a rollback that nobody asked for by hand holds: long enough for somebody to look. */
const holdMs = 24 * 60 * 60_000;

/**
 * Puts back what a delivery replaced, held for a day, and waits for that verdict. Undefined, with a warning, where it
 * isn't ours to undo: somebody set other values since, or the delivery added what wasn't there.
 */
export async function rollBack(
  watching: Watching,
  delivery: DeliveryPlan,
  outcome: Extract<CommitOutcome, { is: 'landed' }>,
  verdicts: readonly Verdict[],
): Promise<RolledBack | undefined> {
  const { world, emit, auth, source, clean } = watching;
  const leave = (why: string): undefined => {
    const message = `${delivery.name} is not rolled back: ${why}`;
    emitNotice(emit, 'warning', 'commit', 'ROLLBACK_LEFT', { delivery: delivery.name }, message);
    return undefined;
  };
  if (outcome.changes.some(({ before }) => before === undefined))
    return leave('it added values that were not there before.');
  const places = outcome.changes.map(({ file, path }) => ({ file, path }));
  const credential = await auth.git(delivery.repo);
  const earlier = await findEarlier(world, delivery, places, credential, { to: outcome.parent, force: true });
  if (outcome.changes.some(({ after }, at) => after !== earlier.now[at]))
    return leave('somebody set other values since.');
  const bad = verdicts.find(({ is }) => is === 'degraded' || is === 'syncFailed');
  const why = bad === undefined ? 'unhealthy' : `${bad.application} came out ${bad.is} (${clean(bad.why)})`;
  emit({ type: 'rollback.started', delivery: delivery.name, commit: outcome.commit, to: outcome.parent, why });
  const { name, repo, branch, via, pullRequest, queue, deploy } = delivery;
  const plan = planRollback(
    {
      ...{ delivery: name, repo, branch, places, source },
      ...{ via, pullRequest, queue },
    },
    {
      ...(await identityIn(world, source?.dir ?? '.')),
      ...{ ...earlier, to: earlier.at, from: outcome.commit },
      ...{ why, by: undefined, until: new Date(world.clock.now() + holdMs).toISOString(), deploy },
    },
  );
  const commit = await landDelivery(world, emit, plan, credential).catch((error: unknown) => {
    if (!isError(error, 'VALUE_OVERTAKEN')) throw error;
    return undefined;
  });
  if (commit === undefined) return leave('somebody set other values meanwhile.');
  emit({ type: 'commit.finished', delivery: name, outcome: commit });
  if (commit.is !== 'landed') return { commit, verdicts: [] };
  return { commit, verdicts: await watchCommit(watching, plan, { ...commit, images: [] }) };
}
