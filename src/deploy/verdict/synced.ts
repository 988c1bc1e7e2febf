import type { Operation } from '../observe/observation.ts';
import { type Answer, final, pending, saying } from './answer.ts';
import { afterSync, type Evidence, isAfter, isOurs } from './evidence.ts';
import { isPassing } from './passing.ts';
import { unseen } from './seen.ts';

// Warnings aside, these are all the conditions that Argo CD has.
const faulty = ['ComparisonError', 'InvalidSpecError', 'UnknownError', 'SyncError'];

/** Errors that Argo CD reports instead of a comparison. They may be left over from before our commit. */
export function judgeConditions(evidence: Evidence): Answer | undefined {
  const { seen, memory, question } = evidence;
  const condition = seen.conditions.find(({ type, message }) => faulty.includes(type) && !isLeftToSync(type, message));
  if (condition === undefined) return undefined;
  const { type, message } = condition;
  const empties = type === 'SyncError' && leavesNothing(evidence);
  if (type === 'SyncError' && !empties && seen.operation !== undefined && !isOurs(evidence, seen.operation.revisions)) {
    // The failed sync of an older commit: what became of ours is still to come.
    const isOld = memory.baseline === undefined || syncErrorOf(evidence) === memory.oldSyncError;
    if (isOld || !isOurs(evidence, seen.revisions)) return undefined;
  }
  if (isPassing(message)) {
    return { ...unseen(evidence, 'refreshing', `Argo CD can't tell yet: ${message}`), unclear: true };
  }
  const compared =
    empties || evidence.refreshed || (memory.baseline !== undefined && isAfter(seen.reconciledAt, memory.baseline));
  const { condition: fresh, staleCondition: stale } = question.times;
  const key = `${type} ${message}`;
  const left = compared ? Math.min(evidence.toGo(key, fresh), evidence.toGo(key, stale)) : evidence.toGo(key, stale);
  if (left > 0) {
    const refresh = compared || evidence.toGo('unread', question.times.unseen) > 0 ? undefined : 'refresh';
    return pending(compared ? 'refreshing' : 'notSeen', `Argo CD reports ${type}`, {
      againMs: left,
      wants: refresh,
    });
  }
  return final(type === 'UnknownError' ? 'unknown' : 'syncFailed', seen.revisions[0], `${type}: ${message}`);
}

/** Our commit leaves the application no resource: auto-sync refuses that, however long one waits. */
function leavesNothing(evidence: Evidence): boolean {
  const { resources, revisions, automated } = evidence.seen;
  return automated && isOurs(evidence, revisions) && resources.length > 0 && resources.every((one) => one.leftOver);
}

/** What a failed sync means is judged by the sync itself. */
function isLeftToSync(type: string, message: string): boolean {
  return type === 'SyncError' && isPassing(message);
}

/** The condition of a failed or refused sync, with its time. */
export function syncErrorOf({ seen }: Pick<Evidence, 'seen'>): string | undefined {
  const found = seen.conditions.find(({ type }) => type === 'SyncError');
  return found && `${found.since} ${found.message}`;
}

/** Whether our commit is what is live, by a sync that ended well or because there was nothing to do. */
export function judgeSync(evidence: Evidence): Answer | undefined {
  const { seen, question } = evidence;
  const { operation } = seen;
  if (isRunning(operation)) {
    const again = operation.retries > 0 ? ` (try ${operation.retries + 1})` : '';
    return pending('syncing', `Argo CD is syncing${again}${saying(operation.message)}`);
  }
  if (operation !== undefined && operation.phase !== 'Succeeded' && isOurs(evidence, operation.revisions)) {
    return judgeFailedSync(evidence, operation);
  }
  if (seen.sync !== 'Synced' && !(seen.sync === 'OutOfSync' && isApplied(evidence))) {
    const wants = seen.sync === 'OutOfSync' && !seen.automated ? 'sync' : undefined;
    const why =
      wants === 'sync'
        ? 'the application is synced by hand, and nobody has done it yet'
        : seen.sync === 'OutOfSync'
          ? 'Argo CD has seen our commit and not synced it yet'
          : 'Argo CD is comparing';
    return pending('outOfSync', why, { wants });
  }
  if (!afterSync(seen)) {
    const left = evidence.toGo('not compared', 1_000);
    const wants = left === 0 ? 'refresh' : undefined;
    return pending('settling', 'the state shown is older than the sync', { wants, againMs: left || 5_000 });
  }
  if (seen.sync === 'OutOfSync') {
    const left = evidence.toGo('drifted', question.times.degraded);
    if (left > 0) return pending('settling', 'applied, and out of sync since', { againMs: left });
  }
  return undefined;
}

export function isRunning(
  operation: Operation | undefined,
): operation is Operation & { readonly phase: 'Running' | 'Terminating' } {
  return operation?.phase === 'Running' || operation?.phase === 'Terminating';
}

function judgeFailedSync(evidence: Evidence, operation: Operation): Answer {
  const { seen, question } = evidence;
  const how = operation.phase === 'Error' ? 'ended in an error' : 'failed';
  if (isPassing(operation.message)) {
    const why = `the sync ${how} because Argo CD couldn't ask somebody, and it has to be synced again: ${operation.message}`;
    return pending('outOfSync', why, { wants: 'sync', unclear: true });
  }
  const same = seen.followed && operation.revisions.every((revision) => seen.revisions.includes(revision));
  // For another commit than the one it failed with, auto-sync tries anew at once.
  const left = same || seen.hydrator !== undefined ? 0 : evidence.toGo('failed before', question.times.condition);
  if (left > 0) return pending('outOfSync', 'the sync of an earlier commit failed', { againMs: left });
  return final('syncFailed', seen.revisions[0], `the sync ${how}: ${operation.message}`);
}

/**
 * Whether ours is applied though Argo CD says OutOfSync: only what isn't in the manifests any more is left, or a whole
 * sync to ours ended well and something else has changed a resource since.
 */
function isApplied(evidence: Evidence): boolean {
  const { resources, operation, revisions } = evidence.seen;
  const differing = resources.filter(({ status }) => status === 'OutOfSync');
  if (differing.length === 0) return false;
  if (differing.every(({ leftOver }) => leftOver)) return resources.some(({ leftOver }) => !leftOver);
  // One to ours that didn't end well was judged before.
  if (operation === undefined || operation.partial || !isOurs(evidence, operation.revisions)) return false;
  return operation.revisions.every((revision) => revisions.includes(revision));
}

/** What is out of sync though ours is applied, as sentences. */
export function driftNotes({ seen: { sync, resources } }: Evidence): string[] {
  if (sync !== 'OutOfSync') return [];
  return resources
    .filter(({ status }) => status === 'OutOfSync')
    .map(({ kind, name, leftOver }) =>
      leftOver
        ? `${kind} ${name} is left over: it isn't in the manifests any more, and nothing prunes it`
        : `${kind} ${name} is out of sync: something else has changed it since the sync`,
    );
}
