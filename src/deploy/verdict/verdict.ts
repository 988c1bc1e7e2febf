import type { Relation } from '../../wire/git/ancestry.ts';
import type { Observation } from '../observe/observation.ts';
import { type Answer, final, pending } from './answer.ts';
import { afterSync, type Evidence, haveOurs, isOurs, type Memory, nothingYet, stateOf } from './evidence.ts';
import { judgeHealth, resourceKey } from './healthy.ts';
import { judgeImages } from './images.ts';
import type { Question } from './question.ts';
import { judgeCarried, judgeHydration, judgeRevision } from './seen.ts';
import { isRunning, judgeConditions, judgeSync, syncErrorOf } from './synced.ts';

/** The commits whose standing `judge` needs to know. */
export function revisionsIn({ revisions, operation, hydrator }: Observation): string[] {
  const own =
    hydrator === undefined
      ? [...revisions, ...(operation?.revisions ?? [])]
      : [hydrator.drySha, hydrator.done?.drySha, hydrator.compared];
  return [...new Set(own.filter((revision) => revision !== undefined && revision !== ''))] as string[];
}

/** Whether what it means hangs on its resources, which a stream of several applications doesn't tell. */
export function hangsOnResources(
  { illBefore }: Memory,
  seen: Observation,
  standing: (revision: string) => Relation,
): boolean {
  const { status } = seen.health;
  if (status === 'Degraded' || (status !== 'Healthy' && Object.keys(illBefore).length > 0)) return true;
  // Of a commit that isn't ours, and while it is synced, it says nothing that it is out of sync.
  const over = seen.sync === 'OutOfSync' && !seen.refreshing && !isRunning(seen.operation);
  return over && (seen.hydrator !== undefined || !seen.followed || haveOurs({ standing }, seen.revisions));
}

/** What there was before Argo CD was told of our commit, of which no verdict is made: what is newer may be about ours. */
export function remember(
  question: Question,
  seen: Observation,
  standing: (revision: string) => Relation,
  now: number,
): Memory {
  return { ...judge(question, nothingYet, seen, standing, now).memory, since: {}, hardRefreshed: false };
}

/**
 * What one observation of an application means, given those before it. Pure: `now` is in milliseconds, `standing` tells
 * how each commit stands to ours. Our commit counts as seen when Argo CD shows it or a descendant of it.
 */
export function judge(
  question: Question,
  memory: Memory,
  seen: Observation,
  standing: (revision: string) => Relation,
  now: number,
): { readonly answer: Answer; readonly memory: Memory } {
  const held: Record<string, number> = {};
  const evidence: Evidence = {
    ...{ question, memory, seen, standing, now, refreshed: hasRefreshed(memory, seen) },
    toGo: (key, ms) => {
      held[key] = memory.since[key] ?? now;
      return Math.max(0, held[key] + ms - now);
    },
  };
  const answer = judgeEvidence(evidence);
  const state = stateOf(seen);
  const ours = seen.hydrator !== undefined || isOurs(evidence, seen.revisions);
  const settled = ours && seen.sync === 'Synced' && afterSync(seen);
  const { status } = seen.health;
  const first = memory.baseline === undefined;
  const live = memory.live || (ours && afterSync(seen) && seen.sync !== 'Unknown');
  return {
    answer,
    memory: {
      baseline: memory.baseline ?? seen.reconciledAt ?? '',
      refreshing: seen.refreshing,
      refreshed: hasRefreshed(memory, seen),
      since: held,
      unwell: settled && status !== 'Healthy' ? state : memory.unwell,
      undegraded: settled && status !== 'Degraded' ? state : memory.undegraded,
      illBefore: isUnclear(evidence) ? memory.illBefore : illBefore(memory.illBefore, seen, live),
      live,
      oldSyncError: first ? syncErrorOf(evidence) : memory.oldSyncError,
      hardRefreshed: memory.hardRefreshed || (answer.is === 'pending' && answer.wants === 'hardRefresh'),
    },
  };
}

/** What is degraded before ours is live, and stays so; what was seen well since, or says another thing, isn't of before. */
function illBefore(known: Memory['illBefore'], seen: Observation, live: boolean): Memory['illBefore'] {
  // Resources that weren't told have no news.
  if (seen.resources.length === 0) return known;
  const ill = seen.resources
    .filter(({ health }) => health === 'Degraded')
    .map((one) => [resourceKey(one), one.message] as const);
  const kept = live ? ill.filter(([key, message]) => known[key] === message) : ill;
  return Object.fromEntries(kept);
}

/** What it shows may be ours: how that stands to our commit isn't known yet. */
function isUnclear({ seen: { followed, hydrator, revisions }, standing }: Evidence): boolean {
  return followed && hydrator === undefined && revisions.some((one) => standing(one) === 'unknown');
}

/** A refresh that was seen under way is over: whole seconds can't tell a comparison from one just before it. */
function hasRefreshed(memory: Memory, seen: Observation): boolean {
  return memory.refreshed || (memory.refreshing && !seen.refreshing);
}

function judgeEvidence(evidence: Evidence): Answer {
  const { seen } = evidence;
  if (seen.deleting) {
    const left = evidence.toGo('deleting', evidence.question.times.gone);
    if (left > 0) return pending('notSeen', 'the application is being deleted', { againMs: left });
    return final('unknown', undefined, 'the application is being deleted');
  }
  // Until they are taken up, everything below is about the time before them.
  if (seen.refreshing) return pending('refreshing', 'Argo CD is reading the config repo');
  // What was asked for stands there until it is done.
  if (seen.requested && !isRunning(seen.operation)) return pending('syncing', 'a sync is about to begin');
  return (
    judgeCarried(evidence) ??
    judgeConditions(evidence) ??
    judgeHydration(evidence) ??
    judgeRevision(evidence) ??
    judgeSync(evidence) ??
    (evidence.question.applied === true ? undefined : judgeImages(evidence)) ??
    judgeHealth(evidence)
  );
}

/** The verdict when time is up, by the last answer there was. */
export function atDeadline(last: Answer | undefined): {
  readonly health: 'degraded' | 'timedOut' | 'unknown';
  readonly why: string;
} {
  if (last?.is !== 'pending') return { health: 'unknown', why: 'Argo CD gave no answer' };
  if (last.failing !== undefined) return { health: 'degraded', why: last.failing };
  return { health: last.unclear ? 'unknown' : 'timedOut', why: last.why };
}
