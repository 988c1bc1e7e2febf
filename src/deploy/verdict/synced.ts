import { type Answer, final, pending } from './answer.ts';
import { afterSync, type Evidence, isAfter, isOurs } from './evidence.ts';

// Warnings aside, these are all the conditions that Argo CD has.
const faulty = ['ComparisonError', 'InvalidSpecError', 'UnknownError', 'SyncError'];

/** Errors that Argo CD reports instead of a comparison. They may be left over from before our commit. */
export function judgeConditions(evidence: Evidence): Answer | undefined {
  const { seen, memory, question } = evidence;
  const condition = seen.conditions.find(({ type }) => faulty.includes(type));
  if (condition === undefined) return undefined;
  // The failed sync of an older commit: what became of ours is still to come.
  if (condition.type === 'SyncError' && seen.operation !== undefined && !isOurs(evidence, seen.operation.revisions)) {
    return undefined;
  }
  const compared = evidence.refreshed || (memory.baseline !== undefined && isAfter(seen.reconciledAt, memory.baseline));
  const { condition: fresh, staleCondition: stale } = question.times;
  const key = `${condition.type} ${condition.message}`;
  const left = compared ? Math.min(evidence.toGo(key, fresh), evidence.toGo(key, stale)) : evidence.toGo(key, stale);
  if (left > 0) {
    const refresh = compared || evidence.toGo('unread', question.times.unseen) > 0 ? undefined : 'refresh';
    return pending(compared ? 'refreshing' : 'notSeen', `Argo CD reports ${condition.type}`, {
      againMs: left,
      wants: refresh,
    });
  }
  const health = condition.type === 'UnknownError' ? 'unknown' : 'syncFailed';
  return final(health, seen.revisions[0], `${condition.type}: ${condition.message}`);
}

/** Whether our commit is what is live, by a sync that ended well or because there was nothing to do. */
export function judgeSync(evidence: Evidence): Answer | undefined {
  const { seen, question } = evidence;
  const { operation } = seen;
  if (operation?.phase === 'Running' || operation?.phase === 'Terminating') {
    const again = operation.retries > 0 ? ` (try ${operation.retries + 1}: ${operation.message})` : '';
    return pending('syncing', `Argo CD is syncing${again}`);
  }
  if (operation !== undefined && operation.phase !== 'Succeeded' && isOurs(evidence, operation.revisions)) {
    const same = operation.revisions.every((revision) => seen.revisions.includes(revision));
    // For another commit than the one it failed with, auto-sync tries anew at once.
    const left = same || seen.hydrator !== undefined ? 0 : evidence.toGo('failed before', question.times.condition);
    if (left > 0) return pending('outOfSync', 'the sync of an earlier commit failed', { againMs: left });
    return final(
      'syncFailed',
      seen.revisions[0],
      `the sync ${operation.phase === 'Error' ? 'ended in an error' : 'failed'}: ${operation.message}`,
    );
  }
  if (seen.sync !== 'Synced') {
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
  return undefined;
}

/** Manifests may be stale although the revision moved on (argo-cd#27727): then our image's repository runs another tag. */
export function judgeImages({ question, seen, memory }: Evidence): Answer | undefined {
  if (memory.hardRefreshed) return undefined;
  const stale = question.images.some((image) => {
    const repository = repositoryOf(image);
    return seen.images.some((one) => repositoryOf(one) === repository) && !seen.images.some((one) => runs(one, image));
  });
  // Images of CronJobs and hooks are never listed, so none at all means nothing.
  if (!stale || seen.health.status === 'Progressing') return undefined;
  return pending('settling', 'the pods run another image than ours', { wants: 'hardRefresh', againMs: 5_000 });
}

/** An image's name without tag and digest. */
function repositoryOf(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
}

/** Whether a running image is ours: by digest where both name one, else by tag; what can't be compared may be. */
function runs(running: string, ours: string): boolean {
  const digest = /@(.+)$/;
  const [a, b] = [digest.exec(running)?.[1], digest.exec(ours)?.[1]];
  if (a !== undefined && b !== undefined) return a === b;
  const name = running.replace(digest, '');
  return name === repositoryOf(running) || name === ours.replace(digest, '');
}
