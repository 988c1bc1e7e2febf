import { GitDataError } from './failure.ts';
import {
  type EntryKind,
  entryKind,
  entryNamed,
  type GitObject,
  type ObjectFormat,
  type ObjectId,
  parseCommit,
  parseTree,
} from './pack/object.ts';
import type { Objects } from './pack/unpack.ts';

/** What a path leads to in one commit. */
export type PathEnd =
  /** A file's mode, `100644` or `100755`, and its blob. */
  | { readonly is: 'file'; readonly mode: string; readonly blob: GitObject }
  /** Nothing of this name in `folder` (empty for the root), which has these entries. */
  | { readonly is: 'missing'; readonly folder: string; readonly names: readonly string[] }
  /** Something that holds no text, at the path or on the way to it. */
  | { readonly is: Exclude<EntryKind, 'file'> | 'fileOnTheWay'; readonly at: string }
  | { readonly is: 'tooLarge'; readonly size: number };

/** One commit, as far as some paths reach into it. */
export interface Snapshot {
  readonly format: ObjectFormat;
  readonly commit: ObjectId;
  /** By path, the root's being empty. */
  readonly folders: ReadonlyMap<string, GitObject>;
  readonly files: ReadonlyMap<string, PathEnd>;
}

/** An object that a path leads through and that isn't here. */
export interface MissingObject {
  readonly id: ObjectId;
  readonly type: 'commit' | 'tree' | 'blob';
  /** A folder whose files are wanted, and no folders of it. */
  readonly last: boolean;
  /** Where it is. */
  readonly path: string;
}

interface Walk {
  readonly format: ObjectFormat;
  readonly objects: Objects;
  /** Blobs known to be larger than the limit, with their sizes. */
  readonly oversized: ReadonlyMap<ObjectId, number>;
  /** Bytes of a file that may be read. */
  readonly fileLimit: number;
}

/** The whole, or what is missing for the next step. */
export type Reach = Snapshot | readonly MissingObject[];

export function isMissing(step: Reach): step is readonly MissingObject[] {
  return Array.isArray(step);
}

/** Whether it is a folder that isn't at the top, on the way to others. */
export function isBelowTop({ type, last, path }: MissingObject): boolean {
  return type === 'tree' && !last && path.includes('/');
}

/** Whether all folders that a walk leads through are among the objects: it is walked again when what it awaits has come. */
export function allFoldersHere(tip: ObjectId, objects: Objects, onward: () => Reach): () => boolean {
  let awaited: ObjectId | undefined = tip;
  return () => {
    if (awaited !== undefined && objects.has(awaited)) {
      const next = onward();
      awaited = isMissing(next) ? next.find(({ type }) => type !== 'blob')?.id : undefined;
    }
    return awaited === undefined;
  };
}

/** Follows all paths from a commit as far as the objects reach. */
export function walk(tip: ObjectId, paths: readonly string[], through: Walk): Reach {
  const commit = through.objects.get(tip);
  if (commit === undefined) return [{ id: tip, type: 'commit', last: false, path: '' }];
  if (commit.type !== 'commit') throw new GitDataError('malformed', `the branch points at a ${commit.type}`);
  const root = parseCommit(commit.content, through.format).tree;
  const folders = new Map<string, GitObject>();
  const files = new Map<string, PathEnd>();
  const missing = new Map<ObjectId, MissingObject>();
  for (const path of paths) {
    const end = follow(root, path, through, folders);
    if ('id' in end) missing.set(end.id, { ...end, last: end.last && missing.get(end.id)?.last !== false });
    else files.set(path, end);
  }
  return missing.size > 0 ? [...missing.values()] : { format: through.format, commit: tip, folders, files };
}

function follow(root: ObjectId, path: string, through: Walk, folders: Map<string, GitObject>): PathEnd | MissingObject {
  const parts = path.split('/');
  let id = root;
  for (const [depth, part] of parts.entries()) {
    const folder = parts.slice(0, depth).join('/');
    const last = depth === parts.length - 1;
    const tree = through.objects.get(id);
    if (tree === undefined) return { id, type: 'tree', last, path: folder };
    if (tree.type !== 'tree') throw new GitDataError('malformed', `the folder ${folder} is a ${tree.type}`);
    folders.set(folder, tree);
    const entry = entryNamed(tree.content, Buffer.from(part), through.format);
    if (entry === undefined) {
      const names = parseTree(tree.content, through.format).map(({ name }) => name.toString('utf8'));
      return { is: 'missing', folder, names };
    }
    const kind = entryKind(entry.mode);
    const at = parts.slice(0, depth + 1).join('/');
    if (last && kind === 'file') return fileAt(entry.id, entry.mode, at, through);
    if (last || kind !== 'folder') return { is: kind === 'file' ? 'fileOnTheWay' : kind, at };
    id = entry.id;
  }
  return { is: 'folder', at: path };
}

function fileAt(id: ObjectId, mode: string, path: string, through: Walk): PathEnd | MissingObject {
  const known = through.oversized.get(id);
  if (known !== undefined) return { is: 'tooLarge', size: known };
  const blob = through.objects.get(id);
  if (blob === undefined) return { id, type: 'blob', last: false, path };
  if (blob.type !== 'blob') throw new GitDataError('malformed', `the file ${path} is a ${blob.type}`);
  const size = blob.content.byteLength;
  return size > through.fileLimit ? { is: 'tooLarge', size } : { is: 'file', mode, blob };
}
