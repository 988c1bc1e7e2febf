import type { Health } from '../../plan/deploy.ts';
import type { Relation } from '../../wire/git/ancestry.ts';
import type { Observation } from '../observe/observation.ts';

/** What doesn't change during a wait. */
export interface Question {
  readonly commit: string;
  /** Images of this run, `host/repository:tag`, in what the application may run. */
  readonly images: readonly string[];
  readonly suspended: 'wait' | 'healthy';
  readonly times: Times;
}

/** Milliseconds for which something must hold before it is believed. */
export interface Times {
  /** Healthy, when nothing was seen to move since the sync: what is read may be older than the sync. */
  readonly healthy: number;
  /** Healthy or Degraded, after it was seen to be something else since the sync. */
  readonly moved: number;
  /** Degraded from the first look: it may be what we have come to mend. */
  readonly degraded: number;
  /** An error condition after a new comparison; and without one. */
  readonly condition: number;
  readonly staleCondition: number;
  /** Our commit not seen, until a refresh is asked for (again). */
  readonly unseen: number;
}

export const usualTimes: Times = {
  healthy: 5_000,
  moved: 1_000,
  degraded: 15_000,
  condition: 5_000,
  staleCondition: 60_000,
  unseen: 15_000,
};

/** What earlier looks found that this one needs. */
export interface Memory {
  /** `reconciledAt` at the first look. */
  readonly baseline: string | undefined;
  /** A refresh was under way at an earlier look; and one has ended since the first. */
  readonly refreshing: boolean;
  readonly refreshed: boolean;
  /** Since when each thing that must hold has held. */
  readonly holds: Readonly<Record<string, number>>;
  /** The state (revision and sync) whose health was seen as something else than Healthy, and than Degraded. */
  readonly unwell: string | undefined;
  readonly undegraded: string | undefined;
  readonly hardRefreshed: boolean;
}

export type Phase = 'notSeen' | 'refreshing' | 'hydrating' | 'outOfSync' | 'syncing' | 'progressing' | 'settling';

export type Answer =
  | {
      readonly is: 'pending';
      readonly phase: Phase;
      readonly why: string;
      /** What would help: a new comparison, one that renders anew, or a sync by hand. */
      readonly wants: 'refresh' | 'hardRefresh' | 'sync' | undefined;
      /** Milliseconds after which to judge again even if nothing changes. */
      readonly againMs: number | undefined;
      /** The history couldn't be read, so nobody can say whose commit this is. */
      readonly unclear: boolean;
    }
  | { readonly is: 'final'; readonly health: Health; readonly revision: string | undefined; readonly why: string };

/** The usual times for another patience with health: all that is about health goes with it. */
export function timesFor(settleMs: number): Times {
  const { healthy, moved, degraded } = usualTimes;
  const by = settleMs / healthy;
  return { ...usualTimes, healthy: settleMs, moved: moved * by, degraded: degraded * by };
}

export const nothingYet: Memory = {
  baseline: undefined,
  refreshing: false,
  refreshed: false,
  holds: {},
  unwell: undefined,
  undegraded: undefined,
  hardRefreshed: false,
};

/** One look at an application, with all that judging it needs. */
export interface Look {
  readonly question: Question;
  readonly memory: Memory;
  readonly seen: Observation;
  readonly standing: (revision: string) => Relation;
  readonly now: number;
  /** A refresh has ended since the first look. */
  readonly refreshed: boolean;
  readonly toGo: (key: string, ms: number) => number;
}

export function pending(
  phase: Phase,
  why: string,
  more: Partial<Answer & { is: 'pending' }> = {},
): Answer & { is: 'pending' } {
  return { is: 'pending', phase, why, wants: undefined, againMs: undefined, unclear: false, ...more };
}

export function final(health: Health, revision: string | undefined, why: string): Answer {
  return { is: 'final', health, revision, why };
}

export function saying(message: string): string {
  return message === '' ? '' : `: ${message}`;
}

/** Whether all of these are our commit or have it in their history. */
export function haveOurs({ standing }: Look, revisions: readonly string[]): boolean {
  return revisions.length > 0 && revisions.every((one) => ['same', 'descendant'].includes(standing(one)));
}

/** The same for commits that are synced: with a hydrator, they are those that it made, and have no history with ours. */
export function isOurs(look: Look, revisions: readonly string[]): boolean {
  const { hydrator } = look.seen;
  if (hydrator === undefined) return haveOurs(look, revisions);
  const { done } = hydrator;
  return done !== undefined && haveOurs(look, [done.drySha]) && revisions.every((one) => one === done.hydratedSha);
}

/** The state is newer than the last sync; both times have whole seconds, so an equal one will do. */
export function afterSync({ operation, reconciledAt, sync }: Observation): boolean {
  if (sync !== 'Synced') return false;
  if (operation === undefined || ['Failed', 'Error'].includes(operation.phase)) return true;
  if (operation.phase !== 'Succeeded') return false;
  return (
    operation.finishedAt !== undefined && reconciledAt !== undefined && !isAfter(operation.finishedAt, reconciledAt)
  );
}

export function lookedLate({ operation, reconciledAt }: Observation, times: Times): boolean {
  if (operation?.finishedAt === undefined || reconciledAt === undefined) return false;
  return Date.parse(reconciledAt) - Date.parse(operation.finishedAt) > times.healthy;
}

/** Its health is newer than the sync: Argo CD has seen it move since. An equal second tells nothing. */
export function becameAfterSync({ operation, health }: Observation): boolean {
  return operation?.finishedAt !== undefined && isAfter(health.since, operation.finishedAt);
}

export function isAfter(a: string | undefined, b: string): boolean {
  if (a === undefined) return false;
  return b === '' || Date.parse(a) > Date.parse(b);
}

/** One sync of one commit: what was seen of another says nothing about it. */
export function stateOf({ revisions, operation }: Observation): string {
  return [...revisions, operation?.startedAt ?? ''].join(' ');
}
