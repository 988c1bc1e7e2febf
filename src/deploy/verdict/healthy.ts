import type { ResourceStatus } from '../../wire/argocd/types.ts';
import { type Answer, final, pending, saying } from './answer.ts';
import { becameAfterSync, comparedLate, type Evidence, stateOf } from './evidence.ts';
import { driftNotes } from './synced.ts';

/** What the health of what is live says, once that is ours. */
export function judgeHealth(evidence: Evidence): Answer {
  const { seen, question } = evidence;
  const { status, message } = seen.health;
  sinceSync(evidence);
  if (question.applied === true) return final('healthy', revisionOf(evidence), 'applied');
  switch (status) {
    case 'Suspended':
      if (question.suspended === 'wait') return pending('progressing', `a rollout is paused${saying(message)}`);
      return final('healthy', revisionOf(evidence), 'synced; a rollout is paused', driftNotes(evidence));
    case 'Healthy':
      return judgeWell(evidence, []);
    case 'Degraded':
      return judgeDegraded(evidence);
    default:
      return judgeProgress(
        evidence,
        `${status === '' ? 'health not known yet' : status.toLowerCase()}${saying(message)}`,
      );
  }
}

/** Milliseconds of the time after which what moved is believed, counted from when the sync was seen to be over. */
function sinceSync(evidence: Evidence): number {
  return evidence.toGo(`synced ${stateOf(evidence.seen)}`, evidence.question.times.moved);
}

function revisionOf({ seen, question }: Evidence): string {
  return seen.hydrator?.done?.drySha ?? seen.revisions.find((one) => one !== question.commit) ?? question.commit;
}

function judgeWell(evidence: Evidence, others: readonly string[]): Answer {
  const { seen, memory } = evidence;
  const { times } = evidence.question;
  const state = stateOf(seen);
  // Compared well after the sync: no older state can be behind it. Else what was seen to move counts.
  const moved = memory.unwell === state || becameAfterSync(seen);
  const waits = comparedLate(seen, times) ? 0 : moved ? times.moved : times.healthy;
  const held = evidence.toGo(`Healthy ${state}`, waits);
  // Where no rollout is still to begin, whoever else changes what was applied has had its time since the sync.
  const asks = moved && !times.longer;
  const left = asks && seen.rolledOut ? Math.min(held, sinceSync(evidence)) : held;
  if (left > 0) {
    const wants = asks && !seen.rolledOut ? 'rollouts' : undefined;
    return pending('settling', 'healthy; waiting whether it stays', { againMs: left, wants });
  }
  return final('healthy', revisionOf(evidence), 'synced and healthy', [...driftNotes(evidence), ...others]);
}

/** By resource, not by application: several that are ill for seconds each are no illness. */
function judgeDegraded(evidence: Evidence): Answer {
  const { seen, question, memory } = evidence;
  const { times } = question;
  const state = stateOf(seen);
  const words = `degraded${saying(seen.health.message)}`;
  const ill = seen.resources.filter(({ health }) => health === 'Degraded');
  if (ill.length === 0) {
    const left = evidence.toGo(`Degraded ${state}`, times.degraded);
    if (left > 0) return pending('settling', words, { againMs: left });
    return final('degraded', revisionOf(evidence), seen.health.message || 'its health is Degraded');
  }
  // Words alone don't tell whose fault it is: a passed deadline is told in the same ones for every commit. An application
  // that became degraded after our sync, or was seen otherwise since, isn't so from before.
  const before = !becameAfterSync(seen) && memory.undegraded !== state;
  const ours = ill.filter((one) => !before || memory.illBefore[resourceKey(one)] !== one.message);
  if (ours.length === 0) {
    const rest = seen.resources.filter((one) => ['Progressing', 'Missing'].includes(one.health));
    if (rest.length > 0) return judgeProgress(evidence, 'progressing');
    const left = evidence.toGo(`as before ${state}`, times.degraded);
    if (left > 0) return pending('settling', `${words}, as before our commit`, { againMs: left });
    return judgeWell(
      evidence,
      ill.map(({ kind, name, message }) => `${kind} ${name} was degraded before our commit already${saying(message)}`),
    );
  }
  const waits = ours.map((one) => {
    const moved = lasts(one) && memory.undegraded === state;
    return evidence.toGo(`Degraded ${resourceKey(one)} ${state}`, moved ? times.moved : times.degraded);
  });
  const left = Math.min(...waits);
  if (left > 0) return pending('settling', words, { againMs: left });
  const [first] = ours;
  const why = seen.health.message || first?.message || 'its health is Degraded';
  return final('degraded', revisionOf(evidence), why);
}

/** These become degraded once a deadline has passed, and not before a change; an operator's may for a moment. */
function lasts({ group, kind }: ResourceStatus): boolean {
  return (group === 'apps' && kind === 'Deployment') || (group === 'batch' && kind === 'Job');
}

/** A resource of an application by what names it in the cluster. */
export function resourceKey({ group, kind, namespace, name }: ResourceStatus): string {
  return [group, kind, namespace, name].join('/');
}

/** On its way, unless a pod of it has failed to start for too long: Argo CD waits for a deadline, or never says so. */
function judgeProgress(evidence: Evidence, words: string): Answer {
  const { seen, question } = evidence;
  if (seen.failing.length === 0) return pending('progressing', words);
  const { failing: ms } = question.times;
  const waits = seen.failing.map((pod) => ({ pod, left: evidence.toGo(`${pod.cause} ${stateOf(seen)}`, ms) }));
  const { pod, left } = waits.reduce((a, b) => (b.left < a.left ? b : a));
  const fault = `Pod ${pod.name}: ${pod.status}${saying(pod.message)}`;
  const seconds = Math.round(ms / 1_000);
  if (left <= 0) return final('degraded', revisionOf(evidence), `${fault} (for ${seconds} s)`);
  const why = `${words}; ${fault} (counts as degraded when it lasts ${seconds} s)`;
  return pending('progressing', why, { againMs: left, failing: fault });
}
