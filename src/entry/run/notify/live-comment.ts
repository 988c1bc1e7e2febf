import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { forgeOf } from '../../../commit/repo/forge.ts';
import { TagboatError } from '../../../errors.ts';
import { emitNotice } from '../../../events.ts';
import { answerOf, checkoutGit } from '../../../wire/checkout.ts';
import { WireFailure } from '../../../wire/failure.ts';
import { at, textAt } from '../../../wire/fields.ts';
import { keepComment } from '../../../wire/forge/comments.ts';
import { mergedPull } from '../../../wire/forge/merged.ts';
import { limited } from '../../../wire/grace.ts';
import { codeSpan } from '../../../wire/text/inert.ts';
import { beginning } from '../../../wire/text/shorten.ts';
import type { World } from '../../../wire/world.ts';
import { oneLine, short } from '../../show/printable.ts';
import { commitPage } from '../../show/report/links.ts';
import type { CommentedConfig, Session } from '../session.ts';
import { withAuth } from '../with-auth.ts';
import type { EndedDelivery } from './ends.ts';

/** What a comment says of one environment. Times are ISO 8601. */
interface Fact {
  readonly is: 'live' | 'rolledBack';
  /** When it was seen: of two, the later one counts. */
  readonly at: string;
  /** Since when it is so, as far as runs have told here. */
  readonly since: string;
  /** The config commit and its repository. */
  readonly commit: string;
  readonly repo: string;
  readonly why: string;
}

type Facts = ReadonlyMap<string, Fact>;

/** All of it together, milliseconds: no run waits longer for its comments. */
export const commentMs = 20_000;
/** Environments that a comment speaks of, and commits that a rollback takes back from, at most. */
const mostEnvironments = 50;
const mostUndone = 10;
const longest = 300;
/** Characters of a why where they are too many in all. */
const shorter = 40;
/** Characters of a repository's URL, and of all; GitHub takes 65,536 in all, the least of the hosts. */
const longestUrl = 500;
const longestText = 59_000;
/** How far the clocks of two runners are apart at most, where both are right. Milliseconds. */
const skewMs = 60_000;

/**
 * Says on the merged pull requests that brought what was delivered where it is live, and where it was rolled back: one comment
 * on each, to which later runs and promotions add. What keeps it from being there is told and ends nothing.
 */
export async function commentEnds(session: Session, ends: readonly EndedDelivery[]): Promise<void> {
  const { world, command } = session;
  const [about] = session.commented;
  // What is only waited for has landed by another run, of a commit that this one doesn't know.
  if (about === undefined || world.signal.aborted || command === 'wait') return;
  const told = new Map<string, Map<string, Fact>>();
  for (const { delivery, end } of ends) {
    const { outcome, is } = end;
    const isBack = is === 'rolledBack' || (command === 'rollback' && outcome?.is === 'landed');
    if (is === 'landed' && !isBack) {
      const why = `nothing follows ${delivery.name} in Argo CD, which would say that it is live`;
      notCommented(session, 'info', [delivery.name], why);
    }
    if (!isBack && is !== 'healthy') continue;
    const { dirty, pullRequest } = about.source;
    const isOwn = delivery.promotes === undefined && delivery.undoes === undefined;
    if (isOwn && (dirty !== false || pullRequest !== undefined)) {
      const why = dirty !== false ? 'files differ from the commit, so it is of none' : 'its own is not merged';
      notCommented(session, 'info', [delivery.name], why);
      continue;
    }
    const own = delivery.promotes === undefined ? about.source.commit : delivery.promotes.of;
    const commit = outcome !== undefined && 'commit' in outcome ? outcome.commit : (end.verdicts[0]?.commit ?? '');
    const said = delivery.holds?.is === 'hold' ? delivery.holds.why.replace(/^rolled back: /, '') : end.why;
    const why = isBack ? beginning(oneLine(said ?? ''), longest) : '';
    const seen = end.at ?? new Date(world.clock.now()).toISOString();
    const fact: Fact = { is: isBack ? 'rolledBack' : 'live', at: seen, since: seen, commit, repo: delivery.repo, why };
    for (const of of (delivery.undoes ?? [own]).slice(0, mostUndone))
      if (of !== undefined) told.set(of, (told.get(of) ?? new Map()).set(delivery.name, fact));
  }
  const { signal, over } = limited(world.signal, commentMs, about.source.url ?? 'https://comments.invalid');
  const within = { ...session, world: { ...world, signal } };
  await Promise.all([...told].map(([commit, facts]) => commentOn(within, about, commit, facts))).finally(over);
}

async function commentOn(session: Session, about: CommentedConfig, commit: string, facts: Facts): Promise<void> {
  const { world, emit, clean } = session;
  const { url } = about.source;
  const tell = (level: 'info' | 'warning', why: string) => notCommented(session, level, [...facts.keys()], why);
  if (url === undefined) return tell('warning', 'nothing says where the app repo is');
  try {
    await withAuth(session, async (auth) => {
      const [credential] = auth.readers(
        url,
        [...facts.values()].map(({ repo }) => repo),
      );
      const where = forgeOf(world, url, undefined, credential);
      const merged = await mergedPull(world, where, commit, about.source.branch ?? about.source.defaultBranch);
      if (merged === undefined)
        return tell('info', `no merged pull request brought ${short(commit)}, or the token may not see it`);
      const { number } = merged;
      const write = (theirs: readonly string[]): string => clean(commentText(theirs, facts, world.clock.now()));
      const did = await keepComment(world, { ...where, number }, await markerOf(world, about), write);
      const message = { created: 'made', updated: 'brought up to date', unchanged: 'there already' }[did];
      const words = `The comment on pull request ${number} about where ${short(commit)} is live is ${message}.`;
      emitNotice(emit, 'info', 'run', 'LIVE_COMMENTED', { number, did }, words);
    });
  } catch (error) {
    const why = whyNoComment(error);
    // Nothing about a comment ends a delivery.
    tell('warning', why ?? (error instanceof Error ? oneLine(error.message) : String(error)));
  }
}

function notCommented({ emit }: Session, level: 'info' | 'warning', deliveries: readonly string[], why: string): void {
  const words = `No pull request of the app repo is told of ${deliveries.join(', ')}: ${why}.`;
  emitNotice(emit, level, 'run', 'LIVE_NOT_COMMENTED', { deliveries }, words);
}

/** Why a comment couldn't be written, as a piece of a sentence. Undefined for what no host has said. */
export function whyNoComment(error: unknown): string | undefined {
  if (error instanceof TagboatError) return oneLine(error.message).replace(/\.$/, '');
  if (!(error instanceof WireFailure)) return undefined;
  const said = error.peerText === undefined ? error.message : `${error.message}, ${oneLine(error.peerText)}`;
  const mayNot = error.status === 401 || error.status === 403 || error.status === 404;
  const right =
    '. Give the job the right (GitHub: permissions: pull-requests: write; GitLab: a token with api; Gitea: write:issue, read:user)';
  return mayNot ? `${said}${right}` : said;
}

/** What ours is known by: each config of the app repo has a comment of its own. */
async function markerOf(world: World, { path, source }: CommentedConfig): Promise<string> {
  const below = answerOf(await checkoutGit(world, source.dir)('rev-parse', '--show-prefix')) ?? '';
  const of = JSON.stringify([below, relative(source.dir, path).replaceAll('\\', '/')]);
  return `<!-- tagboat live ${createHash('sha256').update(of).digest('hex').slice(0, 12)} -->`;
}

/** What our comments said and what this run knows, of each environment what was seen last. Pure. */
export function commentText(theirs: readonly string[], ours: Facts, now: number): string {
  const facts = new Map<string, Fact>();
  const said = theirs.flatMap(factsIn).map(([name, fact]): [string, Fact] => {
    if (Date.parse(fact.at) <= now + skewMs) return [name, fact];
    // Its clock was ahead, and nobody knows how far: what this run has seen counts.
    const at = ours.get(name)?.at ?? new Date(now).toISOString();
    return [name, { ...fact, at, since: fact.since < at ? fact.since : at }];
  });
  for (const [name, fact] of [...said, ...ours]) {
    const known = facts.get(name);
    const [older, newer] = known === undefined || known.at <= fact.at ? [known, fact] : [fact, known];
    // What is live still has been since it was said first.
    const isSame = older?.is === 'live' && newer.is === 'live';
    facts.set(name, isSame ? { ...newer, since: older.since, commit: older.commit, repo: older.repo } : newer);
  }
  // What is given up first: of others' environments the oldest, and then of those of this run.
  const byAge = [...facts].sort(([a, { at: left }], [b, { at: right }]) => {
    return Number(ours.has(a)) - Number(ours.has(b)) || (left < right ? -1 : Number(left > right));
  });
  for (const [name] of byAge.splice(0, byAge.length - mostEnvironments)) facts.delete(name);
  for (const [name, fact] of byAge) {
    if (textOf(facts).length <= longestText) break;
    facts.set(name, { ...fact, why: beginning(fact.why, shorter) });
  }
  for (const [name] of byAge) {
    if (textOf(facts).length <= longestText) break;
    facts.delete(name);
  }
  return textOf(facts);
}

function textOf(facts: Facts): string {
  // A comment within HTML ends at the first hyphens, and names nobody. A line separator would end the line.
  const data = JSON.stringify(Object.fromEntries(facts)).replace(
    /[^\w "{}:,./\\]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const lines = [...facts].map(([name, { is, since, commit, repo, why }]) => {
    const when = `${since.slice(0, 16).replace('T', ' ')} UTC`;
    const page = commitPage(repo, commit);
    const by =
      commit === ''
        ? ''
        : ` (${page === undefined ? codeSpan(short(commit)) : `[${codeSpan(short(commit))}](${page})`})`;
    return is === 'live'
      ? `- ✅ live in ${codeSpan(name)} since ${when}${by}`
      : `- ↩️ rolled back in ${codeSpan(name)} at ${when}${by}${why === '' ? '' : `: ${codeSpan(why)}`}`;
  });
  return [`<!-- tagboat facts ${data} -->`, ...lines].join('\n');
}

/** What a comment of ours says, as far as it is sound: whoever may edit it may have written anything. */
export function factsIn(body: string): [string, Fact][] {
  // An earlier release left line separators in it, at which a dot ends.
  const [, text] = /^<!-- tagboat facts (\{[^\n]*\}) -->\r?$/m.exec(body) ?? [];
  let value: unknown;
  try {
    value = JSON.parse(text ?? '{}');
  } catch {
    return [];
  }
  return Object.keys(value as object)
    .slice(0, mostEnvironments)
    .flatMap((name): [string, Fact][] => {
      const is = textAt(value, name, 'is');
      const [seen, since] = ['at', 'since'].map((key) => Date.parse(textAt(value, name, key)));
      if ((is !== 'live' && is !== 'rolledBack') || !seen || !since || at(value, name) === undefined) return [];
      const [commit, repo, why] = ['commit', 'repo', 'why'].map((key) => textAt(value, name, key));
      const times = { at: new Date(seen).toISOString(), since: new Date(since).toISOString() };
      const id = /^[0-9a-f]{40,64}$/.test(commit ?? '') ? (commit ?? '') : '';
      return [
        [
          name.slice(0, 100),
          { is, ...times, commit: id, repo: beginning(repo ?? '', longestUrl), why: beginning(why ?? '', longest) },
        ],
      ];
    });
}
