import { verdictError } from '../../../deploy/verdict/verdict-error.ts';
import type { ErrorReport } from '../../../errors.ts';
import type { Event, Happening } from '../../../events.ts';
import { type Health, healthOf, type Verdict } from '../../../plan/deploy.ts';
import type { HeldPlace } from '../../../plan/holds.ts';
import type { CommitOutcome, DeliveryEnd } from '../../../plan/outcome.ts';
import type { DeliveryPlan } from '../../../plan.ts';

/** How one delivery of a run ended, by its events. */
export interface Ended {
  readonly delivery: string;
  readonly is: DeliveryEnd;
  readonly why: string | undefined;
  /** What became of its commit, of the rollback where there was one. */
  readonly outcome: CommitOutcome | undefined;
  readonly verdicts: readonly Verdict[];
  readonly error: ErrorReport | undefined;
  /** When it was seen to be so, ISO 8601: a run that waits for others ends long after. Undefined where nothing was seen. */
  readonly at: string | undefined;
}

/** A delivery of the run, and how it ended. */
export interface EndedDelivery {
  readonly delivery: Pick<DeliveryPlan, 'name' | 'repo' | 'branch' | 'promotes' | 'holds' | 'undoes'> & {
    readonly edits: readonly HeldPlace[];
  };
  readonly end: Ended;
}

const worst: readonly Health[] = ['degraded', 'syncFailed', 'timedOut', 'unknown'];

/**
 * How a delivery ended; undefined where nothing was done and nothing failed, as in a check. Pure. `errors` are those that
 * the run ended with: what failed before it came to a delivery keeps it back too.
 */
export function deliveryEndOf(
  { name, deploy }: Pick<DeliveryPlan, 'name' | 'deploy'>,
  events: readonly Event[],
  errors: readonly ErrorReport[],
): Ended | undefined {
  const own = events.filter((event) => 'delivery' in event && event.delivery === name);
  const back = own.findIndex(({ type }) => type === 'rollback.started');
  const [before, after] = back < 0 ? [own, []] : [own.slice(0, back), own.slice(back)];
  const commits = (told: readonly Happening[]): CommitOutcome[] =>
    told.flatMap((event) => (event.type === 'commit.finished' ? [event.outcome] : []));
  const undone = commits(after).at(-1);
  const outcome = undone ?? commits(before).at(-1);
  const verdicts = before.flatMap((event) => (event.type === 'verdict.finished' ? [event.verdict] : []));
  const seen = own.filter((event) =>
    event.type === 'verdict.finished' ? event.verdict.is !== 'superseded' : event.type === 'commit.finished',
  );
  // Somebody may go back as soon as the first of its applications is there; who has gone back is done with the last.
  const first = before.find(({ type }) => type === 'verdict.finished');
  const end = (is: DeliveryEnd, why?: string, error?: ErrorReport): Ended => ({
    ...{ delivery: name, is, why, outcome, verdicts, error },
    at: (is === 'healthy' ? first : seen.at(-1))?.at,
  });
  const toldOf = ({ application, why }: Verdict): string => `${application}: ${why}`;

  const [start] = after;
  if (undone?.is === 'landed' && start?.type === 'rollback.started') return end('rolledBack', start.why);
  const [bad] = worst.flatMap((is) => verdicts.filter((verdict) => healthOf(verdict) === is));
  if (bad !== undefined) return end(healthOf(bad), toldOf(bad));
  const interrupted = errors.find(({ code }) => code === 'INTERRUPTED');
  const begun = own.filter(({ type }) => type === 'verdict.started').length;
  const isOver = deploy === undefined || begun > 0 ? verdicts.length === begun && outcome !== undefined : false;
  if (interrupted !== undefined && !isOver) return end('interrupted', interrupted.message, interrupted);
  const [failure] = [
    ...own.flatMap((event) => (event.type === 'commit.failed' || event.type === 'verdict.failed' ? [event.error] : [])),
    ...verdicts.flatMap(verdictError),
  ];
  if (failure !== undefined) return end('failed', failure.message, failure);
  const newer = verdicts.find((verdict) => verdict.is === 'superseded');
  if (newer !== undefined) return end('superseded', toldOf(newer));
  if (verdicts.length > 0) return end('healthy', verdicts[0]?.why);
  if (outcome !== undefined) return end(outcome.is, 'why' in outcome ? outcome.why : undefined);
  const kept = errors.find(({ about }) => about?.includes(name)) ?? errors[0];
  return kept && end('failed', kept.message, kept);
}
