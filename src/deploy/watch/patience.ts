import { emitNotice } from '../../events.ts';
import type { Application } from '../../wire/argocd/types.ts';
import { at, listAt, numberAt, textAt } from '../../wire/fields.ts';
import type { Helped } from '../act/helper.ts';
import type { Answer } from '../verdict/answer.ts';

/** What Kubernetes and Argo Rollouts give a rollout that names no time (apps/v1 DeploymentSpec). */
const usualSeconds = 600;
/** How long after its deadline a controller takes to say that it has passed, and Argo CD to see it. */
const marginMs = 30_000;
/** As many of an application's rollouts are asked for theirs. */
const mostRollouts = 20;
const rollouts = ['apps/Deployment', 'argoproj.io/Rollout'];

interface Patient extends Pick<Helped, 'argocd' | 'app' | 'world' | 'emit'> {
  /** Time of the world's clock after which nothing is waited for, whatever has more time. */
  readonly latest: number;
}

/**
 * Until when a rollout under way has time by its own `progressDeadlineSeconds`, at most `latest`; 0 where nothing is
 * waited for that has a time of its own. Each step of a rollout begins its time anew. Tells when that is later than now.
 */
export async function ownDeadline(
  { argocd, app, world, emit, latest }: Patient,
  application: Application,
  last: Answer | undefined,
): Promise<number> {
  const now = world.clock.now();
  if (last?.is !== 'pending' || latest <= now) return 0;
  // What only has to hold for some seconds more.
  if (last.phase === 'settling') return Math.min(latest, now + (last.againMs ?? 0));
  if (last.phase !== 'progressing') return 0;
  // The stream of several applications tells no resources.
  const whole = application.resources.length > 0 ? application : await argocd.application(app).catch(() => application);
  const own = whole.resources.filter(({ group, kind }) => rollouts.includes(`${group}/${kind}`)).slice(0, mostRollouts);
  const found = await Promise.all(
    own.map(async (one) => {
      const live = await argocd.resource(app, one).catch(() => undefined);
      const seconds = numberAt(live, 'spec', 'progressDeadlineSeconds') || usualSeconds;
      return { name: `${one.kind} ${one.name}`, seconds, until: movedAt(live) + seconds * 1_000 + marginMs };
    }),
  );
  const [longest] = found.filter(({ until }) => until > now).sort((a, b) => b.until - a.until);
  if (longest === undefined) return 0;
  const { name, seconds } = longest;
  const until = Math.min(latest, longest.until);
  const message = `${app.name}: ${Math.ceil((until - now) / 1_000)} s more are waited, since ${name} has a deadline of its own that is later (progressDeadlineSeconds: ${seconds}).`;
  emitNotice(emit, 'info', 'deploy', 'ROLLOUT_TAKES_LONGER', { application: app.name, seconds }, message);
  return until;
}

/** When a rollout has last moved, by its own word; long ago where it is over, or doesn't tell. */
function movedAt(live: unknown): number {
  const moving = listAt(live, 'status', 'conditions').find((one) => textAt(one, 'type') === 'Progressing');
  const told = Date.parse(textAt(moving, 'lastUpdateTime'));
  return at(moving, 'status') === 'True' && textAt(moving, 'reason') !== 'NewReplicaSetAvailable' && told > 0
    ? told
    : 0;
}
