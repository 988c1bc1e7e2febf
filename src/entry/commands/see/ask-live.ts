import type { Auth } from '../../../auth/auth.ts';
import { openHistory } from '../../../commit/order/history.ts';
import { type ErrorReport, reportOf, TagboatError } from '../../../errors.ts';
import type { PlaceNow } from '../../../plan/history.ts';
import { placeKey } from '../../../plan/path.ts';
import type { LiveLook } from '../../../plan/where.ts';
import type { Servers } from '../../run/argocd-servers.ts';
import type { Glancing } from './glance.ts';
import type { LookedAt } from './read-histories.ts';

/** What is asked of Argo CD, and with what. */
export interface AskingLive {
  readonly look: Glancing;
  readonly auth: Auth;
  readonly servers: Servers;
}

type Live = { readonly live: readonly LiveLook[] } | { readonly notAsked: string; readonly error?: ErrorReport };

/** As `liveOf`: one look for each delivery and commit, whoever else asks for it. */
export type Lives = (one: LookedAt, commit: string, now: readonly PlaceNow[]) => Promise<Live>;

/** Asks with what `open` makes, once something is to be asked. */
export function openLives(open: () => AskingLive): Lives {
  const known = new Map<string, Promise<Live>>();
  return (one, commit, now) => {
    const key = JSON.stringify([one.delivery, commit, one.places.map(placeKey)]);
    const asked = known.get(key) ?? liveOf(open(), one, commit, now);
    known.set(key, asked);
    return asked;
  };
}

/** One look at a delivery's applications: whether they have what `commit` brought, and what stands in its places now. */
async function liveOf(
  { look, auth, servers }: AskingLive,
  { deploy, repo, branch, places }: LookedAt,
  commit: string,
  now: readonly PlaceNow[],
): Promise<Live> {
  if (deploy === undefined) return { notAsked: 'the config names no application' };
  if (deploy.ofPullRequest) return { notAsked: 'each pull request has applications of its own' };
  const { world } = look;
  const ask = async () => {
    const [{ lookNow }, server, credential] = await Promise.all([
      import('../../../deploy/deploy.ts'),
      servers.of(deploy.argocd),
      auth.git(repo),
    ]);
    const history = openHistory(world, { repo, branch, edits: [] }, credential, world.clock.now() + 60_000);
    try {
      const files = [...new Set(places.map(({ file }) => file))];
      const own = new Set(places.map(placeKey));
      const values = now.flatMap((place) => (own.has(placeKey(place)) ? (place.value ?? []) : []));
      const back = {
        isHead: history.isHead,
        relation: (revision: string) => history.relation(revision, commit),
        texts: (wanted: readonly string[]) => history.texts(commit, wanted),
      };
      return await lookNow(world, server, { repo, branch, files, deploy, commit, values, history: back });
    } finally {
      await history.close();
    }
  };
  try {
    return { live: await look.within(ask()) };
  } catch (error) {
    const told = look.late()
      ? new TagboatError('ARGOCD_TIMEOUT', { server: deploy.argocd.server ?? 'Argo CD' })
      : error;
    return { notAsked: look.untold(error), error: reportOf(told) };
  }
}
