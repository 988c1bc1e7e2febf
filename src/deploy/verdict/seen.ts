import { type Answer, final, haveOurs, type Look, type Phase, pending } from './look.ts';

/** With the source hydrator, our commit must have been made into another one, which is then synced. */
export function judgeHydration(look: Look): Answer | undefined {
  const { hydrator } = look.seen;
  if (hydrator === undefined) return undefined;
  const reached = (sha: string | undefined) => sha !== undefined && sha !== '' && haveOurs(look, [sha]);
  if (reached(hydrator.done?.drySha)) {
    if (look.seen.revisions.includes(hydrator.done?.hydratedSha ?? '')) return undefined;
    return unseen(look, 'hydrating', 'our commit is hydrated, but not yet compared');
  }
  if (reached(hydrator.compared)) return undefined;
  if (hydrator.phase === 'Failed' && reached(hydrator.drySha)) {
    const left = look.toGo(`hydration ${hydrator.message}`, look.question.times.condition);
    if (left === 0) return final('syncFailed', hydrator.drySha, `hydration failed: ${hydrator.message}`);
    return pending('hydrating', 'hydration failed', { againMs: left });
  }
  return unseen(look, 'hydrating', 'our commit is not hydrated yet');
}

/** Whether Argo CD has seen our commit at all. */
export function judgeRevision(look: Look): Answer | undefined {
  const { seen, standing, question } = look;
  if (seen.hydrator !== undefined) return undefined;
  if (seen.revisions.length === 0) return unseen(look, 'notSeen', 'Argo CD names no commit yet');
  const stands = seen.revisions.map((revision) => ({ revision, is: standing(revision) }));
  const other = stands.find(({ is }) => is !== 'same' && is !== 'descendant');
  if (other === undefined) return undefined;
  const id = other.revision.slice(0, 7);
  switch (other.is) {
    case 'diverged':
      return unseen(look, 'notSeen', `Argo CD shows ${id}, which isn't in our commit's history`);
    case 'unknown':
      return {
        ...unseen(look, 'notSeen', `Argo CD shows ${id}; how it stands to our commit isn't known`),
        unclear: true,
      };
    default:
      return unseen(look, 'notSeen', `Argo CD still shows ${id}, before ${question.commit.slice(0, 7)}`);
  }
}

/** Not yet what we wait for: a refresh now and then makes up for a webhook or watch that got lost. */
export function unseen(look: Look, phase: Phase, why: string): Answer & { is: 'pending' } {
  const wait = look.question.times.unseen;
  const began = look.memory.holds.unseen ?? look.now;
  const due = Math.floor((look.now - began) / wait);
  look.toGo('unseen', 0);
  // Once in each period: the hold's own key tells which periods have been used.
  const key = `unseen ${due}`;
  const fresh = due > 0 && look.memory.holds[key] === undefined;
  if (due > 0) look.toGo(key, 0);
  return pending(phase, why, { wants: fresh ? 'refresh' : undefined, againMs: began + (due + 1) * wait - look.now });
}
