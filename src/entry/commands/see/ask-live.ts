import type { Auth } from '../../../auth/auth.ts';
import { openHistory } from '../../../commit/order/history.ts';
import { reportOf } from '../../../errors.ts';
import type { LiveLook } from '../../../plan/where.ts';
import type { World } from '../../../wire/world.ts';
import type { Servers } from '../../run/argocd-servers.ts';
import type { LookedAt } from './read-histories.ts';

/** What is asked of Argo CD, and with what. */
export interface AskingLive {
  readonly world: World;
  readonly auth: Auth;
  readonly servers: Servers;
}

/** One look at a delivery's applications. */
export async function liveOf(
  { world, auth, servers }: AskingLive,
  { deploy, repo, branch, places }: LookedAt,
  commit: string,
): Promise<{ readonly live: readonly LiveLook[] } | { readonly notAsked: string }> {
  if (deploy === undefined) return { notAsked: 'the config names no application' };
  try {
    const [{ lookNow }, server, credential] = await Promise.all([
      import('../../../deploy/deploy.ts'),
      servers.of(deploy.argocd),
      auth.git(repo),
    ]);
    const history = openHistory(world, { repo, branch, edits: [] }, credential, world.clock.now() + 60_000);
    try {
      const files = [...new Set(places.map(({ file }) => file))];
      const back = { isHead: history.isHead, relation: (revision: string) => history.relation(revision, commit) };
      return { live: await lookNow(world, server, { repo, branch, files, deploy, commit, history: back }) };
    } finally {
      await history.close();
    }
  } catch (error) {
    world.signal.throwIfAborted();
    const { code, message } = reportOf(error);
    return { notAsked: `${message} (${code})` };
  }
}
