import type { Auth } from '../../../auth/auth.ts';
import { commitBehind } from '../../../commit/history/standing.ts';
import type { StatusRow, StatusValue } from '../../../events/json-event.ts';
import type { BranchHistory } from '../../../plan/history.ts';
import { placeKey } from '../../../plan/path.ts';
import { answerOf, checkoutGit } from '../../../wire/checkout.ts';
import type { World } from '../../../wire/world.ts';
import { createServers } from '../../run/argocd-servers.ts';
import type { CommonOptions } from '../../run/options.ts';
import type { Body, Session } from '../../run/session.ts';
import { withAuth } from '../../run/with-auth.ts';
import { statusText } from '../../show/see/status-words.ts';
import { type AskingLive, liveOf } from './ask-live.ts';
import { type LookedAt, type Looking, lookAt, readHistories } from './read-histories.ts';

/** Pairs of commits that git is asked about: each is a process. */
const mostPairs = 200;

/** `tagboat status`: what each service is in each environment, since when and by whom, and how far behind the foremost. */
export function status(common: CommonOptions, name: string | undefined): Body {
  return async (session) => {
    const { world } = session;
    const looking = await lookAt(session, common);
    return withAuth(session, async (auth) => {
      const { histories, errors } = await readHistories(session, auth, looking, () => true);
      const value = await statusOf({ session, auth, looking, histories }, name);
      session.print((style) => statusText(value, style, world.clock.now()));
      return { errors, value };
    });
  };
}

/** What was read of a config's branches, and with what others can be asked. */
export interface Read {
  readonly session: Pick<Session, 'world' | 'emit' | 'cwd'>;
  readonly auth: Auth;
  readonly looking: Looking;
  readonly histories: readonly BranchHistory[];
}

/** What each service is in each environment, Argo CD asked about it. `name`: one delivery's or one service's. */
export async function statusOf(
  { session: { world, emit, cwd }, auth, looking, histories }: Read,
  name?: string,
): Promise<StatusValue> {
  const { source, seen } = looking;
  const servers = createServers(world, emit, auth);
  // A promotion names the commit alone; the delivery of it said more.
  const sources = histories.flatMap(({ records }) => records.flatMap(({ source: one }) => one ?? []));
  const subjects = new Map(
    sources.flatMap(({ commit, subject }) => (subject === undefined ? [] : [[commit, subject]])),
  );
  try {
    const isNamed = seen.some(({ delivery }) => delivery === name);
    const found = await Promise.all(
      seen.map(async (one) => {
        const history = histories.find(({ repo, branch }) => repo === one.repo && branch === one.branch);
        const isWanted = ({ service }: { service: string }) => name === undefined || isNamed || service === name;
        const places = one.places.filter(isWanted);
        if (history === undefined || places.length === 0 || (isNamed && one.delivery !== name)) return [];
        return rowsOf({ world, auth, servers }, { ...one, places }, history, subjects);
      }),
    );
    return { rows: await withDrift(world, source?.dir ?? cwd, found.flat()) };
  } finally {
    servers.close();
  }
}

async function rowsOf(
  asking: AskingLive,
  one: LookedAt,
  history: BranchHistory,
  subjects: ReadonlyMap<string, string>,
): Promise<StatusRow[]> {
  const { delivery = '', repo, branch, places } = one;
  const now = new Map(history.places.map((place) => [placeKey(place), place]));
  const own = places.flatMap((place) => now.get(placeKey(place)) ?? []);
  const newest = history.records.find(({ commit }) => own.some(({ writer }) => writer?.commit === commit));
  const { live, notAsked } = {
    live: undefined,
    notAsked: undefined,
    ...(await liveOf(asking, one, newest?.commit ?? history.tip)),
  };
  return places.flatMap(({ service, file, path }) => {
    const place = now.get(placeKey({ file, path }));
    if (place === undefined) return [];
    const { value, writer, byHand } = place;
    const hold = history.holds.find((held) => placeKey(held) === placeKey(place));
    const commit = commitBehind(place);
    const hand = byHand && writer !== undefined;
    const changed = hand
      ? history.records.find(
          ({ is, settings }) => is === 'byHand' && settings.some((set) => placeKey(set) === placeKey(place)),
        )
      : writer;
    return [
      {
        ...{ service, delivery, repo, branch, file, path, value, commit, byHand: hand, hold, live, notAsked },
        subject: commit === undefined ? undefined : subjects.get(commit),
        url: writer?.source?.url,
        by: (changed?.is === 'delivered' ? changed.source?.author : undefined)?.name ?? changed?.author.name,
        at: changed?.landedAt,
        configCommit: changed?.commit,
        behind: undefined,
      },
    ];
  });
}

/** How many commits each is behind the foremost environment of its service, as the checkout's git counts them. */
async function withDrift(world: World, dir: string, rows: readonly StatusRow[]): Promise<StatusRow[]> {
  const git = checkoutGit(world, dir);
  const counted = new Map<string, Promise<number | undefined>>();
  const count = (from: string, to: string): Promise<number | undefined> => {
    if (from === to) return Promise.resolve(0);
    const range = `${from}..${to}`;
    const known = counted.get(range);
    if (known !== undefined) return known;
    const ask = async () => answerOf(await git('rev-list', '--count', range, '--'));
    const asked =
      counted.size >= mostPairs
        ? Promise.resolve(undefined)
        : ask().then((told) => (told === undefined ? undefined : Number(told)));
    counted.set(range, asked);
    return asked;
  };
  const behindOf = async (row: StatusRow): Promise<number | undefined> => {
    if (row.commit === undefined) return undefined;
    let most: number | undefined;
    for (const other of rows) {
      if (other.service !== row.service || other.commit === undefined) continue;
      const behind = await count(row.commit, other.commit);
      if (behind !== undefined) most = Math.max(most ?? 0, behind);
      else if (other.commit !== row.commit) return undefined;
    }
    return most;
  };
  return Promise.all(rows.map(async (row) => ({ ...row, behind: await behindOf(row) })));
}
