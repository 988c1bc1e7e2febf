import type { DeliveryPlan } from '../../plan.ts';
import {
  entryNamed,
  type GitObject,
  insertEntry,
  makeObject,
  removeEntry,
  replaceEntry,
  serialiseCommit,
} from '../../wire/git/pack/object.ts';
import type { NewObject } from '../../wire/git/pack/pack.ts';
import type { PathEnd, Snapshot } from '../../wire/git/snapshot.ts';
import type { RewrittenFile } from '../edit/rewrite.ts';
import { withTree } from '../order/trailers.ts';

/** A commit made on a snapshot, as a snapshot in turn, so that another can be made on it. */
export interface CommitObjects {
  readonly commit: string;
  readonly snapshot: Snapshot;
  /** What the repository doesn't have yet, each new version with the one before it. */
  readonly objects: readonly NewObject[];
}

/**
 * The commit that replaces these files of a snapshot, removes them, or makes those that are missing: new blobs, the folders
 * on their paths, and the commit itself. A folder that is left empty goes too, as git has none. Modes stay, all other entries stay. Pure: the time comes in whole seconds.
 */
export function makeCommitObjects(
  on: Snapshot,
  rewritten: readonly RewrittenFile[],
  about: Pick<DeliveryPlan, 'message' | 'author' | 'committer' | 'via'>,
  seconds: number,
): CommitObjects {
  const { format } = on;
  const files = new Map(on.files);
  const folders = new Map(on.folders);
  const blobs: NewObject[] = [];
  /** What to put into each folder, by name; undefined: it is taken out. */
  const changed = new Map<string, Map<string, { readonly mode: string; readonly id: string } | undefined>>();
  const note = (path: string, mode: string, object: GitObject | undefined): void => {
    const [folder, name] = split(path);
    const entries = changed.get(folder) ?? new Map();
    changed.set(folder, entries.set(name, object && { mode, id: object.id }));
  };
  for (const { file, bytes } of rewritten) {
    const before = fileIn(on.files, file);
    const mode = before?.mode ?? '100644';
    const blob = bytes && makeObject(format, 'blob', Buffer.from(bytes));
    if (blob === undefined) files.set(file, { is: 'missing', folder: split(file)[0], names: [] });
    else {
      blobs.push(before === undefined ? { object: blob } : { object: blob, before: before.blob });
      files.set(file, { is: 'file', mode, blob });
    }
    note(file, mode, blob);
    for (let [folder] = split(file); folder !== ''; [folder] = split(folder)) {
      if (!changed.has(folder)) changed.set(folder, new Map());
    }
  }
  const trees: NewObject[] = [];
  // Deepest first: a folder's id is known once all within it are.
  for (const folder of [...new Set([...changed.keys(), ''])].sort((a, b) => depth(b) - depth(a))) {
    const before = folders.get(folder);
    let content = before?.content ?? Buffer.alloc(0);
    for (const [name, entry] of changed.get(folder) ?? []) {
      const bytes = Buffer.from(name);
      const isThere = entryNamed(content, bytes, format) !== undefined;
      if (entry === undefined) content = isThere ? removeEntry(content, bytes, format) : content;
      else if (isThere) content = replaceEntry(content, bytes, entry.id, format);
      else content = insertEntry(content, { ...entry, name: bytes }, format);
    }
    if (content.byteLength === 0 && folder !== '') {
      folders.delete(folder);
      note(folder, '40000', undefined);
      continue;
    }
    const tree = makeObject(format, 'tree', content);
    trees.push(before === undefined ? { object: tree } : { object: tree, before });
    folders.set(folder, tree);
    if (folder !== '') note(folder, '40000', tree);
  }
  const root = folders.get('')?.id;
  if (root === undefined) throw new RangeError('a snapshot without a root folder');
  const message = about.via === 'pullRequest' ? withTree(about.message, root) : about.message;
  const links = { tree: root, parents: [on.commit] };
  const author = { ...about.author, seconds };
  const committer = { ...about.committer, seconds };
  const commit = makeObject(format, 'commit', serialiseCommit({ ...links, author, committer, message }));
  return {
    commit: commit.id,
    snapshot: { format, commit: commit.id, folders, files },
    objects: [{ object: commit }, ...trees, ...blobs],
  };
}

/** The file as it is, undefined where it is to be made. */
function fileIn(files: Snapshot['files'], path: string): Extract<PathEnd, { is: 'file' }> | undefined {
  const found = files.get(path);
  // A file too large to be read is replaced as a whole, and has nothing to be told apart from.
  if (found?.is === 'missing' || found?.is === 'tooLarge') return undefined;
  if (found?.is !== 'file') throw new RangeError(`${path} is no file of the snapshot`);
  return found;
}

function split(path: string): [folder: string, name: string] {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? ['', path] : [path.slice(0, slash), path.slice(slash + 1)];
}

/** The root's is 0. */
function depth(folder: string): number {
  return folder === '' ? 0 : folder.split('/').length;
}
