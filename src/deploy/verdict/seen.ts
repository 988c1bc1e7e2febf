import { type Answer, final, type Phase, pending } from './answer.ts';
import { type Evidence, haveOurs, isCarried } from './evidence.ts';
import { isPassing } from './passing.ts';

/** Longest that a comparison may seem to be about other sources: what differs then is how they are written. */
const differsMs = 120_000;

/** Whether what we set has reached the application's own sources, and these have been compared since. */
export function judgeCarried(evidence: Evidence): Answer | undefined {
  const { carrier } = evidence.question;
  if (carrier !== undefined && !isCarried(evidence)) {
    return unseen(evidence, 'notSeen', `${carrier.name} hasn't carried our values into the application yet`);
  }
  if (evidence.seen.changedSince && evidence.toGo('changed since', differsMs) > 0) {
    return unseen(evidence, 'notSeen', "Argo CD hasn't compared the application's new sources yet");
  }
  return undefined;
}

/** With the source hydrator, our commit must have been made into another one, which is then synced. */
export function judgeHydration(evidence: Evidence): Answer | undefined {
  const { hydrator } = evidence.seen;
  if (hydrator === undefined) return undefined;
  const reached = (sha: string | undefined) => sha !== undefined && haveOurs(evidence, [sha]);
  const { done } = hydrator;
  if (done !== undefined && reached(done.drySha)) {
    if (evidence.seen.revisions.includes(done.hydratedSha)) return undefined;
    return unseen(evidence, 'hydrating', 'our commit is hydrated, but not yet compared');
  }
  if (reached(hydrator.compared)) return undefined;
  if (hydrator.phase === 'Failed' && reached(hydrator.drySha)) {
    if (isPassing(hydrator.message)) return unclear(unseen(evidence, 'hydrating', hydrator.message));
    const left = evidence.toGo(`hydration ${hydrator.message}`, evidence.question.times.condition);
    if (left === 0) return final('syncFailed', hydrator.drySha, `hydration failed: ${hydrator.message}`);
    return pending('hydrating', 'hydration failed', { againMs: left });
  }
  return unseen(evidence, 'hydrating', 'our commit is not hydrated yet');
}

/** Whether Argo CD has seen our commit at all. */
export function judgeRevision(evidence: Evidence): Answer | undefined {
  const { seen, standing, question } = evidence;
  if (seen.hydrator !== undefined || !seen.followed) return undefined;
  if (seen.revisions.length === 0) return unseen(evidence, 'notSeen', 'Argo CD names no commit yet');
  const stands = seen.revisions.map((revision) => ({ revision, is: standing(revision) }));
  const other = stands.find(({ is }) => is !== 'same' && is !== 'descendant');
  if (other === undefined) return undefined;
  const id = other.revision.slice(0, 7);
  switch (other.is) {
    case 'diverged':
      return unseen(evidence, 'notSeen', `Argo CD shows ${id}, which isn't in our commit's history`);
    case 'unknown':
      return unclear(unseen(evidence, 'notSeen', `Argo CD shows ${id}; how it stands to our commit isn't known`));
    default:
      return unseen(evidence, 'notSeen', `Argo CD still shows ${id}, before ${question.commit.slice(0, 7)}`);
  }
}

/** Our commit isn't seen yet. Asks for a refresh once in each period of waiting, in case a webhook or a watch got lost. */
export function unseen(evidence: Evidence, phase: Phase, why: string): Answer & { is: 'pending' } {
  const period = evidence.question.times.unseen;
  const began = evidence.memory.since.unseen ?? evidence.now;
  const periods = Math.floor((evidence.now - began) / period);
  evidence.toGo('unseen', 0);
  // The refresh of a period was asked for if an earlier observation has noted the period under this key.
  const key = `unseen ${periods}`;
  const due = periods > 0 && evidence.memory.since[key] === undefined;
  evidence.toGo(key, 0);
  return pending(phase, why, {
    wants: due ? 'refresh' : undefined,
    againMs: began + (periods + 1) * period - evidence.now,
  });
}

function unclear(answer: Answer & { is: 'pending' }): Answer {
  return { ...answer, unclear: true };
}
