import { WireFailure } from '../failure.ts';
import { GitRefusal } from './failure.ts';
import type { Wanted } from './fetch.ts';
import { ByteReader } from './pack/bytes.ts';
import { messageOf, type ObjectId, parseCommit } from './pack/object.ts';
import { openPack } from './pack/pack.ts';
import { type Objects, unpack } from './pack/unpack.ts';
import type { GitRemote } from './remote.ts';

const mostBytes = 32 * 1024 * 1024;

/** A commit as far as its place in history and its words go. */
export interface HistoryCommit {
  readonly parents: readonly ObjectId[];
  readonly message: string;
}

/** What one commit is to another. `unknown` is no answer: one of them isn't there, or there is too much between them. */
export type Relation = 'same' | 'ancestor' | 'descendant' | 'diverged' | 'unknown';

/**
 * What `theirs` is to `ours`, both being commits' ids, by the repository that should have them. One request and commits
 * alone, where the host can filter; no branch need lead to either of them (version 2). Throws WireFailure.
 */
export async function relationOf(remote: GitRemote, theirs: ObjectId, ours: ObjectId): Promise<Relation> {
  if (theirs === ours) return 'same';
  try {
    const commits = await introduced(remote, ours, () => commitsSince(remote, theirs, ours));
    return commits === undefined ? 'unknown' : relationIn(commits, theirs, ours);
  } catch (error) {
    // Git's own no, the question being well-formed: it doesn't have `theirs`, or gives out nothing by its id.
    if (error instanceof GitRefusal) return 'unknown';
    throw error;
  }
}

/** The same from the commits in `theirs`'s history and not in `ours`'s. Pure. */
export function relationIn(
  commits: ReadonlyMap<ObjectId, Pick<HistoryCommit, 'parents'>>,
  theirs: ObjectId,
  ours: ObjectId,
): Relation {
  if (theirs === ours) return 'same';
  if (commits.size === 0) return 'ancestor';
  if (!commits.has(theirs)) return 'unknown';
  const beyond = [...commits.values()].flatMap(({ parents }) => parents.filter((parent) => !commits.has(parent)));
  // All commits from ours up to theirs are here, so ours is a parent of one of them or none of its line.
  if (beyond.includes(ours)) return 'descendant';
  // A host that hasn't `ours` leaves nothing out, and the history is here down to its roots.
  return beyond.length === 0 ? 'unknown' : 'diverged';
}

/**
 * Commits that are in `tip`'s history and not in `since`'s. One request, commits alone where the
 * host can filter. Undefined when there are too many to look through.
 */
export function commitsSince(
  remote: GitRemote,
  tip: ObjectId,
  since: ObjectId,
): Promise<ReadonlyMap<ObjectId, HistoryCommit> | undefined> {
  return readCommits(remote, { wants: [tip], haves: [since] });
}

/** The newest commits of `tip`'s history, `depth` generations of them. Otherwise as `commitsSince`. */
export function newestCommits(
  remote: GitRemote,
  tip: ObjectId,
  depth: number,
): Promise<ReadonlyMap<ObjectId, HistoryCommit> | undefined> {
  return readCommits(remote, { wants: [tip], ...((remote.known()?.shallow ?? true) ? { depth } : {}) });
}

async function readCommits(
  remote: GitRemote,
  wanted: Wanted,
): Promise<ReadonlyMap<ObjectId, HistoryCommit> | undefined> {
  const objects: Objects = new Map();
  const ask = (filter: { filter?: string }): Promise<void> =>
    remote.fetch({ ...wanted, ...filter }, async (pack) => {
      const format = remote.format();
      const limit = () => mostBytes / 2;
      const { entries } = await openPack(new ByteReader(pack), { format, limit, oversized: 'skip' });
      await unpack(entries, objects, { format, budget: mostBytes });
    });
  try {
    if (remote.known()?.filter ?? true) {
      await ask({ filter: 'tree:0' }).catch((error: unknown) => {
        if (!(error instanceof GitRefusal)) throw error;
        return ask({});
      });
    } else await ask({});
  } catch (error) {
    if (error instanceof WireFailure && error.kind === 'tooLarge') return undefined;
    throw error;
  }
  const format = remote.format();
  const commits = [...objects.values()].filter(({ type }) => type === 'commit');
  return new Map(
    commits.map(({ id, content }) => [
      id,
      { parents: parseCommit(content, format).parents, message: messageOf(content) },
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
    const strange = error instanceof GitRefusal || (error instanceof WireFailure && error.kind === 'malformed');
    if (!strange || remote.known() !== undefined) throw error;
    await remote.ask();
    return question();
  }
}
