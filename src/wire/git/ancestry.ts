import { WireFailure } from '../failure.ts';
import { ByteReader } from './bytes.ts';
import { GitRefusal } from './failure.ts';
import { messageOf, type ObjectId, parseCommit } from './object.ts';
import { openPack } from './pack.ts';
import type { GitRemote } from './remote.ts';
import { type Objects, unpack } from './unpack.ts';

const mostBytes = 32 * 1024 * 1024;

/** A commit as far as its place in history and its words go. */
export interface HistoryCommit {
  readonly parents: readonly ObjectId[];
  readonly message: string;
}

/**
 * Commits that are in `tip`'s history and not in `since`'s. One request, commits alone where the
 * host can filter. Undefined when there are too many to look through.
 */
export async function commitsSince(
  remote: GitRemote,
  tip: ObjectId,
  since: ObjectId,
): Promise<ReadonlyMap<ObjectId, HistoryCommit> | undefined> {
  const format = remote.format();
  const objects: Objects = new Map();
  const ask = (filter: { filter?: string }): Promise<void> =>
    remote.fetch({ wants: [tip], haves: [since], ...filter }, async (pack) => {
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
  const commits = [...objects.values()].filter(({ type }) => type === 'commit');
  return new Map(
    commits.map(({ id, content }) => [
      id,
      { parents: parseCommit(content, format).parents, message: messageOf(content) },
    ]),
  );
}
