import type { Relation } from '../../wire/git/ancestry.ts';
import type { Observation } from '../observe/observation.ts';
import { judgeHealth } from './healthy.ts';
import {
  type Answer,
  afterSync,
  final,
  isOurs,
  type Look,
  type Memory,
  pending,
  type Question,
  stateOf,
} from './look.ts';
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
 * What one look at an application means, given the looks before it. Pure: `now` is in milliseconds, `standing` tells
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
  const look: Look = {
    ...{ question, memory, seen, standing, now, refreshed: hasRefreshed(memory, seen) },
    /** Milliseconds still to go until `key` has held for `ms` without a break; 0 when it has. */
    toGo: (key, ms) => {
      held[key] = memory.holds[key] ?? now;
      return Math.max(0, held[key] + ms - now);
    },
  };
  const answer = judgeLook(look);
  const state = stateOf(seen);
  const settled = (seen.hydrator !== undefined || isOurs(look, seen.revisions)) && afterSync(seen);
  const { status } = seen.health;
  return {
    answer,
    memory: {
      baseline: memory.baseline ?? seen.reconciledAt ?? '',
      refreshing: seen.refreshing,
      refreshed: hasRefreshed(memory, seen),
      holds: held,
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

function judgeLook(look: Look): Answer {
  const { seen } = look;
  if (seen.deleting) return final('unknown', undefined, 'the application is being deleted');
  // Until they are taken up, everything below is about the time before them.
  if (seen.refreshing) return pending('refreshing', 'Argo CD is reading the config repo');
  if (seen.requested) return pending('syncing', 'a sync is about to begin');
  return (
    judgeConditions(look) ??
    judgeHydration(look) ??
    judgeRevision(look) ??
    judgeSync(look) ??
    judgeImages(look) ??
    judgeHealth(look)
  );
}

/** The verdict when time is up, by the last answer there was. */
export function overTime(last: Answer | undefined): { readonly health: 'timedOut' | 'unknown'; readonly why: string } {
  if (last?.is !== 'pending') return { health: 'unknown', why: 'Argo CD gave no answer' };
  return { health: last.unclear ? 'unknown' : 'timedOut', why: last.why };
}
