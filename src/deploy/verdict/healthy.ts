import { type Answer, final, pending, saying } from './answer.ts';
import { becameAfterSync, comparedLate, type Evidence, stateOf } from './evidence.ts';

/** What the health of what is live says, once that is ours. */
export function judgeHealth(evidence: Evidence): Answer {
  const { seen, question, memory } = evidence;
  const { times } = question;
  const { status, message } = seen.health;
  const state = stateOf(seen);
  const revision =
    seen.hydrator?.done?.drySha ?? seen.revisions.find((one) => one !== question.commit) ?? question.commit;
  switch (status) {
    case 'Suspended':
      if (question.suspended === 'wait') return pending('progressing', `a rollout is paused${saying(message)}`);
      return final('healthy', revision, 'synced; a rollout is paused');
    case 'Healthy': {
      // Compared well after the sync: no older state can be behind it. Else what was seen to move counts.
      const moved = memory.unwell === state || becameAfterSync(seen);
      const waits = comparedLate(seen, times) ? 0 : moved ? times.moved : times.healthy;
      const left = evidence.toGo(`Healthy ${state}`, waits);
      if (left > 0) return pending('settling', 'healthy; waiting whether it stays', { againMs: left });
      return final('healthy', revision, 'synced and healthy');
    }
    case 'Degraded': {
      const left = evidence.toGo(`Degraded ${state}`, memory.undegraded === state ? times.moved : times.degraded);
      if (left > 0) return pending('settling', `degraded${saying(message)}`, { againMs: left });
      return final('degraded', revision, message || 'its health is Degraded');
    }
    default:
      return pending(
        'progressing',
        `${status === '' ? 'health not known yet' : status.toLowerCase()}${saying(message)}`,
      );
  }
}
