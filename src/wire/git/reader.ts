import { WireFailure } from '../failure.ts';
import { asWireFailure, GitDataError, isNo, malformed } from './failure.ts';
import type { Wanted } from './fetch.ts';
import { ByteReader, passTo } from './pack/bytes.ts';
import type { ObjectId, ObjectType } from './pack/object.ts';
import { openPack } from './pack/pack.ts';
import { type Objects, unpack } from './pack/unpack.ts';
import type { GitRemote } from './remote.ts';
import type { MissingObject, Reach, Snapshot } from './snapshot.ts';
import { allFoldersHere, isBelowTop, isMissing, walk } from './snapshot.ts';
import { openSpooled } from './spooled.ts';

/** Reads files at commits of one remote. What a commit shares with the last one read isn't fetched again. */
export interface TipReader {
  /** The commit with these files. Throws WireFailure. */
  read(tip: ObjectId, paths: readonly string[]): Promise<Snapshot>;
  /** Removes what was put aside on disk. */
  close(): Promise<void>;
}

interface TipReaderOptions {
  /** Bytes of a file that may be read. */
  readonly fileLimit: number;
  /** Told once what this host makes us do. */
  readonly notice: (message: string) => void;
}

/**
 * How much a host lets us leave out, from the best to the worst:
 * the commit with its folders as deep as the paths go, then what is missing by its id;
 * the commit with all folders, read no further than `mostFolders`, then what is missing by its id;
 * the commit alone, then each folder and file by its id;
 * all folders at once, then files by their ids;
 * everything at once.
 */
type Mode = 'byDepth' | 'byFolders' | 'byCommit' | 'allFolders' | 'everything';

const mebibyte = 1024 * 1024;
const limits: Readonly<Record<ObjectType | 'delta', number>> = {
  // Some write a whole changelog into a message.
  commit: 16 * mebibyte,
  tag: mebibyte,
  // A folder of 100,000 files has a tree of about 5 MB.
  tree: 16 * mebibyte,
  blob: mebibyte,
  delta: 16 * mebibyte,
};
const mostAtOnce = 64 * mebibyte;
/** Bytes of folders that are read before those on the way are asked for by their ids: all of a repository of 10,000 files. */
const mostFolders = 512 * 1024;
/** The same for further tips: most of their folders are here. */
const fewFolders = 64 * 1024;

/** A last folder is asked for along with its files: small ones save a request. Past this it is read by itself. */
const smallFolder = { objects: 64, bytes: 128 * 1024 };

export function createTipReader(remote: GitRemote, options: TipReaderOptions): TipReader {
  let objects: Objects = new Map();
  const oversized = new Map<ObjectId, number>();
  /** Last folders that turned out to be anything but small. */
  const wide = new Set<string>();
  let mode: Mode | undefined;
  /** Whether the folders of a commit turned out to be more than is read at every try. */
  let isVast = false;
  /** Whether the folders below one that isn't at the top turned out to be few, as far as any were asked for. */
  let isNarrow = true;
  /** The filter that gives an object by its id, and nothing below it. */
  let exactly: 'tree:0' | 'tree:1' = 'tree:0';
  const spool = openSpooled(remote);

  const read = async (tip: ObjectId, paths: readonly string[]): Promise<Snapshot> => {
    const format = remote.format();
    const { fileLimit } = options;
    const depth = Math.max(...paths.map((path) => path.split('/').length));
    const onward = () => walk(tip, paths, { format, objects, oversized, fileLimit });
    const step = () => asWireFailure(remote, onward);
    let next = await step();
    for (; isMissing(next); next = await step()) await supply({ tip, depth, missing: next, onward });
    // Only what this snapshot holds is kept: a beaten push reads on, perhaps a hundred times.
    const commit = objects.get(tip);
    objects = new Map(commit === undefined ? [] : [[tip, commit]]);
    for (const object of next.folders.values()) objects.set(object.id, object);
    for (const found of next.files.values()) if (found.is === 'file') objects.set(found.blob.id, found.blob);
    return next;
  };

  const isHere = ({ id, type }: MissingObject): boolean => objects.has(id) || (type === 'blob' && oversized.has(id));

  /** Gets some of what is missing at least. A host whose answer has none of it is asked in the next mode. */
  const supply = async (need: Need): Promise<void> => {
    mode ??= startingMode();
    let refusal: WireFailure | undefined;
    try {
      await ask(mode, need);
      if (need.missing.some(isHere)) return;
    } catch (error) {
      if (!isNo(error)) throw error;
      refusal = error;
    }
    mode = await nextMode(mode, refusal ?? malformed(remote, "git's answer doesn't hold what was asked for"));
    await spool.clear();
    await supply(need);
  };

  const ask = async (as: Mode, need: Need): Promise<void> => {
    const { tip, missing } = need;
    if (as === 'everything' || (as === 'allFolders' && missing.some(({ type }) => type !== 'blob'))) {
      await spool.supply(tip, as === 'allFolders' ? 'blob:none' : undefined);
      for (const { id, type } of missing) {
        const found = await spool.get(id, type);
        if (found !== undefined && 'content' in found) objects.set(id, found);
        else if (found !== undefined) oversized.set(id, found.size);
      }
    } else if (missing.some(({ type }) => type === 'commit')) await fetchCommit(as, need);
    else if (as === 'byDepth' && areLastFolders(missing)) await fetchLastFolders(missing);
    else if (as === 'byFolders' && isNarrow && missing.every(isBelowTop)) await fetchBelow(need);
    else await fetchByIds(missing);
  };

  /** Folders with all folders below them, as long as those are few: the next one on the way comes along. */
  const fetchBelow = async ({ tip, missing, onward }: Need): Promise<void> => {
    const wanted = { wants: missing.map(({ id }) => id), filter: 'blob:none' };
    const bytes = await fetchInto(wanted, fewFolders, allFoldersHere(tip, objects, onward));
    isNarrow = bytes <= fewFolders;
  };

  const fetchByIds = async (missing: readonly MissingObject[]): Promise<void> => {
    // A filter doesn't apply to what is asked for by name, so it only matters for what lies below that.
    if (missing.every(({ type }) => type === 'blob')) return fetchExactly(missing, undefined);
    await fetchExactly(missing, exactly);
    if (exactly !== 'tree:0' || missing.some(isHere)) return;
    // JGit's filters count from the ids that are asked for, so that 0 leaves those out and 1 what is below them.
    exactly = 'tree:1';
    await fetchExactly(missing, exactly);
  };

  const startingMode = (): Mode => {
    const can = remote.known();
    if (can !== undefined && !(can.filter && can.wantAny)) return everything();
    return remote.host.foldersByDepth === false ? 'byFolders' : 'byDepth';
  };

  const nextMode = async (refused: Mode, refusal: WireFailure): Promise<Mode> => {
    if (refused === 'everything') throw refusal;
    // Large hosts limit filters by depth, so the next better guess comes before the question.
    if (refused === 'byDepth') remote.host.foldersByDepth = false;
    if (refused === 'byDepth' && remote.known() === undefined) return 'byFolders';
    const can = await remote.ask();
    if (refused === 'allFolders' || !can.filter || !can.wantAny) return everything();
    if (refused === 'byDepth') return 'byFolders';
    if (refused === 'byFolders') return 'byCommit';
    options.notice('This git host gives out no single folders: the lists of all folders are read.');
    return 'allFolders';
  };

  const everything = (): Mode => {
    options.notice("This git host can't leave files out of an answer: everything at the tip is downloaded.");
    return 'everything';
  };

  const fetchCommit = async (as: Mode, { tip, depth, onward }: Need): Promise<void> => {
    const filter = filterOf(as, depth);
    const wanted = { wants: [tip], filter, depth: remote.isShallow() ? 1 : undefined };
    const bytes = await fetchInto(wanted, mostFolders, allFoldersHere(tip, objects, onward));
    isVast ||= bytes > fewFolders;
    if (filter !== 'tree:0') remote.host.foldersByDepth ??= as === 'byDepth';
  };

  /** One folder more costs a request; a last one that is small comes along with its files. */
  const filterOf = (as: Mode, depth: number): string => {
    if (as === 'byCommit' || (as === 'byFolders' && isVast)) return 'tree:0';
    return as === 'byFolders' ? 'blob:none' : `tree:${depth > 2 && !isVast ? depth : 1}`;
  };

  /** Objects by their ids, with nothing below them: a filter doesn't apply to what is asked for by name. */
  const fetchExactly = async (missing: readonly MissingObject[], filter: string | undefined): Promise<void> => {
    try {
      await fetchInto({ wants: missing.map(({ id }) => id), filter });
    } catch (error) {
      const data = error instanceof WireFailure && error.kind === 'tooLarge' ? error.cause : undefined;
      if (!(data instanceof GitDataError) || data.size === undefined) throw error;
      const [only] = missing;
      // Which one it was is known when it is the only one.
      if (only?.type === 'blob' && missing.length === 1) oversized.set(only.id, data.size);
      else if (missing.length === 1) throw error;
      else for (const one of missing) if (!objects.has(one.id)) await fetchExactly([one], filter);
    }
  };

  /**
   * Answers the pack's bytes. Past `most`, no more of it is read: what is missing then is asked for anew. What comes up
   * to there after all that is needed is here isn't looked at, but read, so that its connection can be used again.
   */
  const fetchInto = (wanted: Wanted, most = Number.POSITIVE_INFINITY, isAllHere = () => false): Promise<number> =>
    remote.fetch(wanted, async (pack) => {
      const format = remote.format();
      const from = new ByteReader(pack);
      const { entries } = await openPack(from, { format, limit, oversized: 'refuse' });
      try {
        await unpack(entries, objects, { format, budget: mostAtOnce, enough: () => from.offset > most || isAllHere() });
      } catch (error) {
        // A file beside those on the way may be too large to pass over: what came before it counts.
        const wantedHere = wanted.wants.every((id) => objects.has(id));
        if (!(error instanceof GitDataError && error.kind === 'tooLarge' && wantedHere)) throw error;
        return from.offset;
      }
      // An object is what its id says, whatever becomes of the rest.
      await passTo(from, most).catch(() => undefined);
      return from.offset;
    });

  /** Files may be among them: what is wanted by its id comes, filter or not. */
  const areLastFolders = (missing: readonly MissingObject[]): boolean => {
    const folders = missing.filter(({ type }) => type === 'tree');
    return folders.length > 0 && folders.every(({ last, path }) => last && !wide.has(path));
  };

  /** The last folders with their files, unless they turn out to be large. Git sends folders before files. */
  const fetchLastFolders = (missing: readonly MissingObject[]): Promise<void> =>
    remote.fetch({ wants: missing.map(({ id }) => id), filter: 'tree:1' }, async (pack) => {
      const format = remote.format();
      const from = new ByteReader(pack);
      const { count, entries } = await openPack(from, { format, limit, oversized: 'refuse' });
      const here = () => missing.every(({ id }) => objects.has(id));
      const folders = Math.min(missing.length, 8);
      const large = () => count > smallFolder.objects * folders || from.offset > smallFolder.bytes * folders;
      try {
        await unpack(entries, objects, { format, budget: mostAtOnce, enough: () => large() && here() });
      } catch (error) {
        // A file beside the wanted one may be too large to pass over; a wanted one is asked for by itself, to learn so.
        const listed = missing.every(({ id, type }) => type === 'blob' || objects.has(id));
        if (!(error instanceof GitDataError && error.kind === 'tooLarge' && listed)) throw error;
      }
      if (large()) for (const { path, type } of missing) if (type === 'tree') wide.add(path);
    });

  const limit = (type: ObjectType | 'delta'): number => (type === 'blob' ? options.fileLimit : limits[type]);

  return { read, close: spool.clear };
}

/** What one commit lacks, for paths of up to `depth` folders and a file. */
interface Need {
  readonly tip: ObjectId;
  readonly depth: number;
  readonly missing: readonly MissingObject[];
  /** Walks on through what is here by now. Throws GitDataError. */
  readonly onward: () => Reach;
}
