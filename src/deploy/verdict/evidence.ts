import type { Relation } from '../../wire/git/ancestry.ts';
import type { Observation } from '../observe/observation.ts';
import { carries } from '../observe/sources.ts';
import type { Question, Times } from './question.ts';

/** What earlier observations told that the next one needs. */
export interface Memory {
  /** `reconciledAt` of the first one. */
  readonly baseline: string | undefined;
  /** A refresh was under way at the last one; and one has ended since the first. */
  readonly refreshing: boolean;
  readonly refreshed: boolean;
  /** Since when each thing that must hold has held. */
  readonly since: Readonly<Record<string, number>>;
  /** The state (revision and sync) whose health was seen as something else than Healthy, and than Degraded. */
  readonly unwell: string | undefined;
  readonly undegraded: string | undefined;
  readonly hardRefreshed: boolean;
  /** Resources that were degraded before our commit was live, and have been since, each with its message then. */
  readonly illBefore: Readonly<Record<string, string>>;
  /** Our commit has been live at one observation. */
  readonly live: boolean;
  /** The first observation's condition of a failed or refused sync: from before us. */
  readonly oldSyncError: string | undefined;
}

export const nothingYet: Memory = {
  baseline: undefined,
  refreshing: false,
  refreshed: false,
  since: {},
  unwell: undefined,
  undegraded: undefined,
  hardRefreshed: false,
  illBefore: {},
  live: false,
  oldSyncError: undefined,
};

/** All that a judgement rests on: the question, one observation, and what is known from before. */
export interface Evidence {
  readonly question: Question;
  readonly memory: Memory;
  readonly seen: Observation;
  readonly standing: (revision: string) => Relation;
  readonly now: number;
  /** A refresh has ended since the first observation. */
  readonly refreshed: boolean;
  /** Milliseconds still to go until `key` has held for `ms` without a break; 0 when it has. */
  readonly toGo: (key: string, ms: number) => number;
}

/** Whether all of these are our commit or have it in their history. */
export function haveOurs({ standing }: Pick<Evidence, 'standing'>, revisions: readonly string[]): boolean {
  return revisions.length > 0 && revisions.every((one) => ['same', 'descendant'].includes(standing(one)));
}

/**
 * The same for commits that are synced: with a hydrator, they are those that it made, and have no history with ours.
 * Where nothing of the config repo is followed, what was carried into the application is all that tells.
 */
export function isOurs(evidence: Evidence, revisions: readonly string[]): boolean {
  const { hydrator, followed } = evidence.seen;
  if (!followed) return isCarried(evidence) && !evidence.seen.changedSince;
  if (hydrator === undefined) return haveOurs(evidence, revisions);
  const { done } = hydrator;
  return done !== undefined && haveOurs(evidence, [done.drySha]) && revisions.every((one) => one === done.hydratedSha);
}

/** What we set stands in the application's own sources, as far as its owner has to carry it there. */
export function isCarried({ question: { carrier }, seen }: Evidence): boolean {
  return carrier === undefined || carrier.values.length === 0 || carries(seen.settings, carrier.values);
}

/** The state is newer than the last sync; both times have whole seconds, so an equal one will do. */
export function afterSync({ operation, reconciledAt }: Observation): boolean {
  if (operation === undefined || ['Failed', 'Error'].includes(operation.phase)) return true;
  if (operation.phase !== 'Succeeded') return false;
  return (
    operation.finishedAt !== undefined && reconciledAt !== undefined && !isAfter(operation.finishedAt, reconciledAt)
  );
}

/** Compared so long after the sync that no older state can be behind it. */
export function comparedLate({ operation, reconciledAt }: Observation, times: Times): boolean {
  if (operation?.finishedAt === undefined || reconciledAt === undefined) return false;
  return Date.parse(reconciledAt) - Date.parse(operation.finishedAt) > times.healthy;
}

/** Its health is newer than the sync: Argo CD has seen it move since. An equal second tells nothing. */
export function becameAfterSync({ operation, health }: Observation): boolean {
  return operation?.finishedAt !== undefined && isAfter(health.since, operation.finishedAt);
}

/** Whether a time is later than another; anything is later than none. */
export function isAfter(a: string | undefined, b: string): boolean {
  if (a === undefined) return false;
  return b === '' || Date.parse(a) > Date.parse(b);
}

/** One sync of one commit: what was seen of another says nothing about it. */
export function stateOf({ revisions, operation }: Observation): string {
  return [...revisions, operation?.startedAt].join(' ');
}
