import { commitBehind } from '../../../commit/history/standing.ts';
import type { StatusRow, StatusValue } from '../../../events/json-event.ts';
import type { BranchHistory } from '../../../plan/history.ts';
import type { Candidate } from '../../../plan/listed.ts';
import { placeKey } from '../../../plan/path.ts';
import { type AsksGit, answerOf, checkoutGit } from '../../../wire/checkout.ts';
import type { World } from '../../../wire/world.ts';
import { createServers } from '../../run/argocd-servers.ts';
import type { CommonOptions } from '../../run/options.ts';
import type { Body } from '../../run/session.ts';
import { withAuth } from '../../run/with-auth.ts';
import { statusText } from '../../show/see/status-words.ts';
import { type AskingLive, type Lives, openLives } from './ask-live.ts';
import { lookAhead, readsSoaks } from './candidates.ts';
import { atAGlance, glancing } from './glance.ts';
import { type LookedAt, lookAt, proposalOf, type Read, readHistories } from './read-histories.ts';

/** Pairs of commits that git is asked about for one answer, each by a process, and processes at once. */
const mostPairs = 200;
const mostAtOnce = 4;

/** `tagboat status`: what each service is in each environment, since when and by whom, and how far behind the foremost. */
export function status(common: CommonOptions, name: string | undefined): Body {
  return atAGlance(async (session) => {
    const { world } = session;
    const looking = await lookAt(session, common);
    return withAuth(session, async (auth) => {
      const { histories, errors } = await readHistories(session, auth, looking, readsSoaks(looking, world.clock.now()));
      const withDrift = openDrift(world, looking.source?.dir ?? session.cwd);
      const value = await statusOf({ session, auth, looking, histories }, withDrift, name);
      // Of what couldn't be read the errors tell.
      if (histories.length > 0 || errors.length === 0)
        session.print((style) => statusText(value, style, world.clock.now()));
      return { errors, value };
    });
  });
}

/** What each service is in each environment, Argo CD asked about it. `name`: one delivery's or one service's. */
export async function statusOf(
  read: Read,
  withDrift: (rows: readonly StatusRow[]) => Promise<StatusRow[]>,
  name?: string,
): Promise<StatusValue> {
  const { auth, looking, histories } = read;
  const { world, emit } = read.session;
  const { seen, config } = looking;
  const look = glancing(world);
  const servers = createServers(look.world, emit, auth);
  const lives = openLives(() => ({ look, auth, servers }));
  // A promotion names the commit alone; the delivery of it said more.
  const subjectOf = (commit: string) =>
    histories.map(({ subjects }) => subjects.get(commit)).find((subject) => subject !== undefined);
  try {
    const isNamed = seen.some(({ delivery }) => delivery === name);
    const found = await Promise.all(
      seen.map(async (one) => {
        const history = histories.find(({ repo, branch }) => repo === one.repo && branch === one.branch);
        const isWanted = ({ service }: { service: string }) => name === undefined || isNamed || service === name;
        const places = one.places.filter(isWanted);
        if (history === undefined || places.length === 0 || (isNamed && one.delivery !== name)) return [];
        return rowsOf({ world, look, auth, lives }, { ...one, places }, history, subjectOf);
      }),
    );
    const rows = await withDrift(found.flat());
    const chained = (config?.deliveries ?? []).filter(
      (one) => one.after !== undefined && rows.some(({ delivery }) => delivery === one.name),
    );
    const ahead = await lookAhead(
      read,
      { lives, look: look.world },
      chained.map((one) => one.name),
    );
    return { rows: rows.map((row) => withCandidate(row, ahead)) };
  } finally {
    servers.close();
    look.over();
  }
}

/** A row of what gets another value by promotion, or nobody can tell whether it does. */
function withCandidate(row: StatusRow, ahead: readonly Candidate[]): StatusRow {
  const candidate = ahead.find(({ delivery }) => delivery === row.delivery);
  const isOf = candidate?.values.some((value) => placeKey(value) === placeKey(row));
  const isUnknown = candidate?.values.length === 0 && candidate.notYet.some(({ is }) => is === 'unknown');
  return isOf || isUnknown ? { ...row, candidate } : row;
}

async function rowsOf(
  { world, look, auth, lives }: Pick<AskingLive, 'look' | 'auth'> & { readonly world: World; readonly lives: Lives },
  one: LookedAt,
  history: BranchHistory,
  subjectOf: (commit: string) => string | undefined,
): Promise<StatusRow[]> {
  const { delivery = '', repo, branch, places } = one;
  const now = new Map(history.places.map((place) => [placeKey(place), place]));
  const own = places.flatMap((place) => now.get(placeKey(place)) ?? []);
  const newest = history.records.find(({ commit }) => own.some(({ writer }) => writer?.commit === commit));
  const { live, notAsked } = {
    live: undefined,
    notAsked: undefined,
    ...(await lives(one, newest?.commit ?? history.tip, history.places)),
  };
  const proposed = await proposalOf(world, look.world, auth, one);
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
        ...{ service, delivery, repo, branch, file, path, value, commit, byHand: hand, hold, proposed, live, notAsked },
        subject: commit === undefined ? undefined : subjectOf(commit),
        url: writer?.source?.url,
        by: (changed?.is === 'delivered' ? changed.source?.author : undefined)?.name ?? changed?.author.name,
        at: changed?.landedAt,
        configCommit: changed?.commit,
        behind: undefined,
      },
    ];
  });
}

/**
 * Tells of rows how many commits each is behind the foremost environment of its service, as the checkout's git counts
 * them. What was counted stays so, whoever asks again.
 */
export function openDrift(world: World, dir: string): (rows: readonly StatusRow[]) => Promise<StatusRow[]> {
  const git = checkoutGit(world, dir);
  const counted = new Map<string, number>();
  return async (rows) => {
    const commits = new Map<string, Set<string>>();
    for (const { service, commit } of rows)
      if (commit !== undefined) commits.set(service, (commits.get(service) ?? new Set()).add(commit));
    const pairs = [...commits.values()].flatMap((own) =>
      [...own].flatMap((from) => [...own].flatMap((to) => (from === to ? [] : [[from, to] as const]))),
    );
    const isNew = ([from, to]: readonly [string, string]): boolean => !counted.has(`${from}..${to}`);
    const fresh = pairs.filter(isNew);
    const here = await thoseHere(git, new Set(fresh.flat()));
    const left = fresh.filter((pair) => pair.every((one) => here.has(one))).slice(0, mostPairs);
    const work = async (): Promise<void> => {
      for (let pair = left.pop(); pair !== undefined; pair = left.pop()) {
        const range = pair.join('..');
        const told = answerOf(await git('rev-list', '--count', range, '--'));
        if (told !== undefined) counted.set(range, Number(told));
      }
    };
    await Promise.all(Array.from({ length: mostAtOnce }, work));
    return rows.map((row) => {
      const { commit, service } = row;
      if (commit === undefined) return row;
      const others = [...(commits.get(service) ?? [])].filter((one) => one !== commit);
      const counts = others.map((other) => counted.get(`${commit}..${other}`));
      const isKnown = counts.every((count) => count !== undefined);
      return { ...row, behind: isKnown ? Math.max(0, ...counts) : undefined };
    });
  };
}

/** The commits that the checkout has, asked for at once: most of another repository's it hasn't. */
async function thoseHere(git: AsksGit, commits: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const asked = [...commits].slice(0, 2 * mostPairs);
  if (asked.length === 0) return new Set();
  const told = answerOf(await git('rev-list', '--no-walk', '--ignore-missing', ...asked, '--'));
  return new Set(told?.split('\n'));
}
