import { isNo } from './failure.ts';
import type { Wanted } from './fetch.ts';
import { ByteReader } from './pack/bytes.ts';
import { type GitObject, type ObjectFormat, type ObjectId, parseCommit } from './pack/object.ts';
import { openPack, type PackEntry } from './pack/pack.ts';
import { type Objects, unpack } from './pack/unpack.ts';
import type { GitRemote } from './remote.ts';

export interface CommitLimits {
  /** Bytes of a commit; a larger one is passed over. */
  readonly commit: number;
  /** Bytes of all commits of one answer. */
  readonly all: number;
}

/** Bytes of a difference that may be held: it may be one between large files. */
const largestDelta = 16 * 1024 * 1024;

/** What leaves everything but commits out of an answer, from the best to what all hosts can do. */
const filters = ['tree:0', 'blob:none', undefined] as const;

/**
 * The commits of one answer, of which whatever else a host sends along is thrown away as it comes. A host that refuses
 * a filter, or answers it without the commits that are asked for, is asked again with less of one. Throws WireFailure,
 * `tooLarge` past `limits.all`.
 */
export async function fetchCommits(
  remote: GitRemote,
  wanted: Omit<Wanted, 'filter'>,
  limits: CommitLimits,
): Promise<ReadonlyMap<ObjectId, GitObject>> {
  const worse: string[] = [];
  for (const filter of (remote.known()?.filter ?? true) ? filters : [undefined]) {
    if (filter !== undefined && remote.refused.has(filter)) continue;
    try {
      const { commits, large } = await ask(remote, { ...wanted, filter }, limits);
      if (filter === undefined || isComplete(commits, large, wanted, remote.format())) {
        for (const one of worse) remote.refused.add(one);
        return commits;
      }
      worse.push(filter);
    } catch (error) {
      if (filter === undefined || !isNo(error)) throw error;
      worse.push(filter);
    }
  }
  return new Map();
}

/** Whether all generations that were asked for are there. What is left out for what is here already can't be told. */
function isComplete(
  commits: Objects,
  large: ReadonlySet<ObjectId>,
  { wants, haves = [], depth = 1 }: Wanted,
  format: ObjectFormat,
): boolean {
  return (
    haves.length > 0 ||
    goesBack(wants, depth, (id) => {
      const commit = commits.get(id);
      if (commit !== undefined) return parseCommit(commit.content, format).parents;
      return large.has(id) ? [] : undefined;
    })
  );
}

/** Whether all of so many generations are known, by what tells a commit's parents. Pure. */
export function goesBack(
  from: readonly ObjectId[],
  depth: number,
  parentsOf: (id: ObjectId) => readonly ObjectId[] | undefined,
): boolean {
  let generation = new Set(from);
  const seen = new Set<ObjectId>();
  for (let left = depth; left > 0 && generation.size > 0; left -= 1) {
    const next = new Set<ObjectId>();
    for (const id of generation) {
      const parents = parentsOf(id);
      if (parents === undefined) return false;
      seen.add(id);
      for (const parent of parents) if (!seen.has(parent)) next.add(parent);
    }
    generation = next;
  }
  return true;
}

async function ask(
  remote: GitRemote,
  wanted: Wanted,
  limits: CommitLimits,
): Promise<{ readonly commits: Objects; readonly large: ReadonlySet<ObjectId> }> {
  const commits: Objects = new Map();
  const large = new Set<ObjectId>();
  await remote.fetch(wanted, async (pack) => {
    commits.clear();
    const format = remote.format();
    const limit = (type: string): number => (type === 'commit' ? limits.commit : type === 'delta' ? largestDelta : 0);
    const { entries } = await openPack(new ByteReader(pack), { format, limit, oversized: 'skip' });
    await unpack(commitsAlone(entries, large), commits, { format, budget: limits.all, loose: true });
    for (const [id, { type }] of commits) if (type !== 'commit') commits.delete(id);
  });
  return { commits, large };
}

/** Leaves out what is no commit, and the differences that build on such objects. */
async function* commitsAlone(entries: AsyncIterable<PackEntry>, large: Set<ObjectId>): AsyncGenerator<PackEntry> {
  const others = new Set<number | ObjectId>();
  for await (const entry of entries) {
    if (entry.is === 'delta') {
      if (others.has(entry.base)) others.add(entry.offset);
      else yield entry;
      continue;
    }
    const { id, type } = entry.is === 'object' ? entry.object : entry;
    if (type === 'commit' && entry.is === 'skipped') large.add(id);
    else if (type === 'commit') yield entry;
    else others.add(entry.offset).add(id);
  }
}
