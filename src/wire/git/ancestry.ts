import { WireFailure } from '../failure.ts';
import { fetchCommits, goesBack } from './commits.ts';
import { GitRefusal, isNo } from './failure.ts';
import type { Wanted } from './fetch.ts';
import { type GitObject, type Ident, messageOf, type ObjectId, parseCommit, peopleOf } from './pack/object.ts';
import type { GitRemote } from './remote.ts';

const mostBytes = 32 * 1024 * 1024;
/** Branches that are searched for a commit, and how far back, where a host gives out no ids but theirs. */
const mostHeads = 100;
const mostGenerations = 1_024;
/** Commits that are asked about at once. */
const mostEnds = 64;
/** Ends of what is known that are named to a host, at most: a history of many lines has many. */
const mostShallows = 1_000;
/** Generations that are asked for first where it isn't known how many it takes. Most answers are among them. */
const firstGenerations = 32;

/** A commit as far as its place in history and its words go. */
export interface HistoryCommit {
  readonly parents: readonly ObjectId[];
  readonly message: string;
  readonly author: Ident;
  readonly committer: Ident;
}

type Commits = ReadonlyMap<ObjectId, HistoryCommit>;
type Parents = ReadonlyMap<ObjectId, Pick<HistoryCommit, 'parents'>>;

/** What one commit is to another. `unknown` is no answer: one of them isn't there, or there is too much between them. */
export type Relation = 'same' | 'ancestor' | 'descendant' | 'diverged' | 'unknown';

/**
 * What `theirs` is to `ours`, both being commits' ids, by the repository that should have them, from commits that lead from
 * one to the other: an answer without any is none. One request, two for an ancestor, and commits alone where the host can
 * filter; no branch need lead to either of them (version 2). Throws WireFailure.
 */
export async function relationOf(remote: GitRemote, theirs: ObjectId, ours: ObjectId): Promise<Relation> {
  if (theirs === ours) return 'same';
  try {
    const commits = await introduced(remote, ours, () => commitsSince(remote, theirs, ours));
    if (commits === undefined) return 'unknown';
    const relation = relationIn(commits, theirs, ours);
    if (relation === 'diverged' && !(await isMet(remote, commits, ours))) {
      return relationBelowHeads(remote, theirs, ours);
    }
    if (relation !== 'unknown' || (commits.size > 0 && !commits.has(theirs))) return relation;
    // Nothing at all: ours has theirs already, or the host answered so for a reason of its own. Or a whole history without
    // ours: the host hasn't ours, or it leaves nothing out (Dulwich, filtering). The way back from ours shows which.
    const back = await commitsSince(remote, ours, theirs);
    if (back !== undefined && lineageOf(back, ours).has(theirs)) return 'ancestor';
    return commits.size === 0 ? relationBelowHeads(remote, theirs, ours) : 'unknown';
  } catch (error) {
    // Git's own no, the question being well-formed: it doesn't have `theirs`, or gives out nothing by its id.
    if (!isNo(error)) throw error;
    return (await givesOut(remote, ours)) ? 'unknown' : relationBelowHeads(remote, theirs, ours);
  }
}

/** Whether ours has all that these commits build on. A host that leaves out commits between them would seem to say so. */
async function isMet(remote: GitRemote, commits: Commits, ours: ObjectId): Promise<boolean> {
  const ends = beyond(commits).slice(0, mostEnds);
  return (await readCommits(remote, { wants: ends, haves: [ours] }))?.size === 0;
}

async function givesOut(remote: GitRemote, id: ObjectId): Promise<boolean> {
  if (remote.known()?.wantAny === false) return false;
  try {
    return (await newestCommits(remote, id, 1))?.has(id) === true;
  } catch (error) {
    if (isNo(error)) return false;
    throw error;
  }
}

/** For hosts that give out only what branches lead to: the histories of all of them, until both are found. */
async function relationBelowHeads(remote: GitRemote, theirs: ObjectId, ours: ObjectId): Promise<Relation> {
  const heads = new Set((await remote.refs(['refs/heads/'], mostHeads)).values());
  if (heads.size === 0) return 'unknown';
  const isTold = (commits: Commits): boolean => relationAmong(commits, theirs, ours) !== 'unknown';
  const commits = await readBack(remote, [...heads], mostGenerations, isTold);
  return commits === undefined ? 'unknown' : relationAmong(commits, theirs, ours);
}

/** The relation in a piece of history that may lack commits anywhere below. */
function relationAmong(commits: Commits, theirs: ObjectId, ours: ObjectId): Relation {
  if (!commits.has(theirs) || !commits.has(ours)) return 'unknown';
  const [below, above] = [lineageOf(commits, theirs), lineageOf(commits, ours)];
  if (below.has(ours)) return 'descendant';
  if (above.has(theirs)) return 'ancestor';
  // The way from one to the other may lead through commits that are too far back.
  return [...below, ...above].every((id) => commits.has(id)) ? 'diverged' : 'unknown';
}

/** A commit and all that its line leads to, including the first that aren't here. */
function lineageOf(commits: Parents, from: ObjectId): ReadonlySet<ObjectId> {
  const seen = new Set([from]);
  // Grows while it is walked.
  for (const id of seen) for (const parent of commits.get(id)?.parents ?? []) seen.add(parent);
  return seen;
}

/** The same from the commits in `theirs`'s history and not in `ours`'s. Pure. */
export function relationIn(commits: Parents, theirs: ObjectId, ours: ObjectId): Relation {
  if (theirs === ours) return 'same';
  // An empty answer shows nothing: an ancestor's is empty, and so is that of a host which answers another question.
  if (!commits.has(theirs)) return 'unknown';
  // A host that left out nothing, though ours was named.
  if (commits.has(ours)) return lineageOf(commits, theirs).has(ours) ? 'descendant' : 'unknown';
  const ends = beyond(commits);
  // All commits from ours up to theirs are here, so ours is a parent of one of them or none of its line.
  if (ends.includes(ours)) return 'descendant';
  // A host that hasn't `ours` leaves nothing out, and the history is here down to its roots.
  return ends.length === 0 ? 'unknown' : 'diverged';
}

/** The parents that aren't among these commits. */
function beyond(commits: Parents): ObjectId[] {
  const parents = [...commits.values()].flatMap((commit) => commit.parents);
  return [...new Set(parents)].filter((parent) => !commits.has(parent));
}

/** Commits of `tip`'s history and not of `since`'s, in one request; undefined when there are too many. */
export function commitsSince(
  remote: GitRemote,
  tip: ObjectId,
  since: ObjectId,
): Promise<ReadonlyMap<ObjectId, HistoryCommit> | undefined> {
  return readCommits(remote, { wants: [tip], haves: [since] });
}

/**
 * The same where `since` should be below the tip. An answer that doesn't lead there may come of a host that sends none
 * behind the commit that is asked for, once folders are to be left out (Dulwich): then it is asked for with folders.
 */
export async function commitsOnto(remote: GitRemote, tip: ObjectId, since: ObjectId): Promise<Commits | undefined> {
  const commits = await commitsSince(remote, tip, since);
  if (commits === undefined || commits.has(since) || beyond(commits).includes(since)) return commits;
  const { size } = remote.refused;
  await newestCommits(remote, tip, 2);
  return remote.refused.size === size ? commits : commitsSince(remote, tip, since);
}

/**
 * The newest commits of `tip`'s history, `depth` generations of them at most, asked for in steps that grow until
 * `enough` says so: without it, all at once. `many`: what the second step asks for where commits come alone. Otherwise
 * as `commitsSince`.
 */
export function newestCommits(
  remote: GitRemote,
  tip: ObjectId,
  depth: number,
  enough?: (commits: ReadonlyMap<ObjectId, HistoryCommit>) => boolean,
  many?: number,
): Promise<ReadonlyMap<ObjectId, HistoryCommit> | undefined> {
  return readBack(remote, [tip], depth, enough, many);
}

/** Whether folders or files come along with commits, as far as it is known. */
export function sendsFiles(remote: GitRemote): boolean {
  return remote.refused.has('tree:0') || remote.known()?.filter === false;
}

async function readBack(
  remote: GitRemote,
  wants: readonly ObjectId[],
  most: number,
  enough?: (commits: Commits) => boolean,
  many = 0,
): Promise<Commits | undefined> {
  let known: Commits | undefined;
  for (
    let depth = enough === undefined ? most : Math.min(firstGenerations, most);
    ;
    // None is sent twice, so that a step costs a request alone, and a step too far costs little: a commit is some 400 bytes.
    depth = Math.min(most, sendsFiles(remote) ? depth * 2 : Math.max(many, depth * 8))
  ) {
    const commits =
      (known && (await readOn(remote, wants, known, depth))) ??
      (await readCommits(remote, { wants, depth: remote.isShallow() ? depth : undefined }));
    // Too many to look through: what the step before found is better than nothing.
    if (commits === undefined) return known;
    if (depth >= most || !remote.isShallow() || enough?.(commits) === true || beyond(commits).length === 0)
      return commits;
    known = commits;
  }
}

/** What is known and what is behind it, as `git fetch --deepen` asks; undefined where a host answers with less. */
async function readOn(
  remote: GitRemote,
  wants: readonly ObjectId[],
  known: Commits,
  depth: number,
): Promise<Commits | undefined> {
  const shallows = [...known].flatMap(([id, { parents }]) => (parents.every((one) => known.has(one)) ? [] : [id]));
  if (!remote.isShallow() || shallows.length > mostShallows) return undefined;
  let held = 0;
  for (const { message } of known.values()) held += message.length;
  try {
    const more = await readCommits(remote, { wants, haves: wants, shallows, depth }, mostBytes - held);
    const all = more && new Map([...known, ...more]);
    return all && goesBack(wants, depth, (id) => all.get(id)?.parents) ? all : undefined;
  } catch (error) {
    if (isStrange(error) || isNo(error)) return undefined;
    throw error;
  }
}

async function readCommits(remote: GitRemote, wanted: Wanted, all = mostBytes): Promise<Commits | undefined> {
  let commits: ReadonlyMap<ObjectId, GitObject>;
  try {
    commits = await fetchCommits(remote, wanted, { commit: mostBytes / 2, all });
  } catch (error) {
    if (error instanceof WireFailure && error.kind === 'tooLarge') return undefined;
    throw error;
  }
  const format = remote.format();
  return new Map(
    [...commits.values()].map(({ id, content }) => [
      id,
      { parents: parseCommit(content, format).parents, message: messageOf(content), ...peopleOf(content) },
    ]),
  );
}

/** A first question to a host that nobody has asked anything yet, asked again once it has said what it can do. */
async function introduced<T>(remote: GitRemote, id: ObjectId, question: () => Promise<T>): Promise<T> {
  // The usual request means SHA-1, which a repository of the other kind refuses.
  if (remote.known() === undefined && id.length !== 40) await remote.ask();
  try {
    return await question();
  } catch (error) {
    if (!isStrange(error) || remote.known() !== undefined) throw error;
    await remote.ask();
    return question();
  }
}

function isStrange(error: unknown): boolean {
  return error instanceof GitRefusal || (error instanceof WireFailure && error.kind === 'malformed');
}
