import type { Relation } from '../../wire/git/ancestry.ts';
import type { Observation } from '../observe/observation.ts';
import { type Answer, final, pending } from './answer.ts';
import { afterSync, type Evidence, isOurs, type Memory, stateOf } from './evidence.ts';
import { judgeHealth } from './healthy.ts';
import type { Question } from './question.ts';
import { judgeHydration, judgeRevision } from './seen.ts';
import { judgeConditions, judgeImages, judgeSync } from './synced.ts';

/** The commits whose standing `judge` needs to know. */
export function revisionsIn({ revisions, operation, hydrator }: Observation): string[] {
  const own =
    hydrator === undefined
      ? [...revisions, ...(operation?.revisions ?? [])]
      : [hydrator.drySha, hydrator.done?.drySha, hydrator.compared];
  return [...new Set(own.filter((revision) => revision !== undefined && revision !== ''))] as string[];
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
  const settled = (seen.hydrator !== undefined || isOurs(evidence, seen.revisions)) && afterSync(seen);
  const { status } = seen.health;
  return {
    answer,
    memory: {
      baseline: memory.baseline ?? seen.reconciledAt ?? '',
      refreshing: seen.refreshing,
      refreshed: hasRefreshed(memory, seen),
      since: held,
      unwell: settled && status !== 'Healthy' ? state : memory.unwell,
      undegraded: settled && status !== 'Degraded' ? state : memory.undegraded,
      hardRefreshed: memory.hardRefreshed || (answer.is === 'pending' && answer.wants === 'hardRefresh'),
    },
  };
}

/** A refresh that was seen under way is over: whole seconds can't tell a comparison from one just before it. */
function hasRefreshed(memory: Memory, seen: Observation): boolean {
  return memory.refreshed || (memory.refreshing && !seen.refreshing);
}

function judgeEvidence(evidence: Evidence): Answer {
  const { seen } = evidence;
  if (seen.deleting) return final('unknown', undefined, 'the application is being deleted');
  // Until they are taken up, everything below is about the time before them.
  if (seen.refreshing) return pending('refreshing', 'Argo CD is reading the config repo');
  if (seen.requested) return pending('syncing', 'a sync is about to begin');
  return (
    judgeConditions(evidence) ??
    judgeHydration(evidence) ??
    judgeRevision(evidence) ??
    judgeSync(evidence) ??
    judgeImages(evidence) ??
    judgeHealth(evidence)
  );
}

/** The verdict when time is up, by the last answer there was. */
export function atDeadline(last: Answer | undefined): {
  readonly health: 'timedOut' | 'unknown';
  readonly why: string;
} {
  if (last?.is !== 'pending') return { health: 'unknown', why: 'Argo CD gave no answer' };
  return { health: last.unclear ? 'unknown' : 'timedOut', why: last.why };
}
