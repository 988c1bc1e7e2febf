import { asWireFailure, isNo } from './failure.ts';
import type { GitObject, ObjectId, ObjectType } from './pack/object.ts';
import { createSpool, type Spool } from './pack/spool.ts';
import type { GitRemote } from './remote.ts';

/** Whole commits of one remote on disk, for hosts that give out nothing smaller. */
export interface Spooled {
  /** Gets a commit with its folders, and with its files unless `filter` leaves them out. Throws WireFailure. */
  supply(tip: ObjectId, filter: string | undefined): Promise<void>;
  /** An object of what is here, its size when it is too large to be held, or undefined. */
  get(id: ObjectId, type: ObjectType): Promise<GitObject | { readonly size: number } | undefined>;
  /** Throws away what is here; more can come, by another filter perhaps. */
  clear(): Promise<void>;
}

const mostBytes = 4 * 1024 * 1024 * 1024;
/** Branches that are searched for a commit which the host doesn't give out by its id. */
const mostHeads = 100;
/** Generations to go back for it, one after the other. */
const depths = [32, 256, 2_048];

export function openSpooled(remote: GitRemote): Spooled {
  let spool: Spool | undefined;
  /** Commits that are here with all they need, but for their parents. */
  let whole: ObjectId[] = [];

  const get: Spooled['get'] = async (id, type) => asWireFailure(remote, () => spool?.get(id, type));
  const isHere = async (commit: ObjectId): Promise<boolean> => (await get(commit, 'commit')) !== undefined;

  const supply = async (tip: ObjectId, filter: string | undefined): Promise<void> => {
    spool ??= await createSpool(remote.format(), mostBytes);
    const own = spool;
    if (whole.includes(tip) || (whole.length > 0 && (await isHere(tip)))) return;
    const depth = remote.isShallow() ? 1 : undefined;
    const fetch = (shared: readonly ObjectId[]): Promise<void> => {
      const shallows = remote.isShallow() ? shared : [];
      return remote.fetch({ wants: [tip], filter, depth, haves: shared, shallows }, (pack) => own.add(pack));
    };
    try {
      // Once a commit is on disk, another one costs what it has of its own.
      await fetch(whole);
      if (whole.length > 0 && !(await isHere(tip))) await fetch([]);
    } catch (error) {
      if (!isNo(error) || !(await dig(own, tip, filter))) throw error;
    }
    whole.push(tip);
  };

  /** Looks for a commit below the branches: some hosts take no id but those. True when it is here then. */
  const dig = async (own: Spool, commit: ObjectId, filter: string | undefined): Promise<boolean> => {
    const heads = [...new Set((await remote.refs(['refs/heads/'], mostHeads)).values())];
    // The refused commit is one of those: the host doesn't mind its id, but something else.
    if (heads.length === 0 || heads.includes(commit)) return false;
    for (const depth of remote.isShallow() ? depths : [undefined]) {
      await remote.fetch({ wants: heads, filter, depth }, (pack) => own.add(pack));
      if (await isHere(commit)) return true;
    }
    return false;
  };

  const clear = async (): Promise<void> => {
    await spool?.close();
    spool = undefined;
    whole = [];
  };

  return { supply, get, clear };
}
