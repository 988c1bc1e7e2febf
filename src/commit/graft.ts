import type { DeliveryPlan } from '../plan.ts';
import { type GitObject, makeObject, replaceEntry, serialiseCommit } from '../wire/git/object.ts';
import type { NewObject } from '../wire/git/pack.ts';
import type { Found, Snapshot } from '../wire/git/snapshot.ts';

/** A file of a snapshot with its new bytes. */
export interface Rewritten {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** A commit made on a snapshot, as a snapshot in turn, so that another can be made on it. */
export interface Grafted {
  readonly commit: string;
  readonly snapshot: Snapshot;
  /** What the repository doesn't have yet, each new version with the one before it. */
  readonly objects: readonly NewObject[];
}

/**
 * The commit that replaces these files of a snapshot: new blobs, the folders on their paths, and the commit itself.
 * Modes stay, all other entries stay. Pure: the time comes in whole seconds.
 */
export function graft(
  on: Snapshot,
  rewritten: readonly Rewritten[],
  about: Pick<DeliveryPlan, 'message' | 'author' | 'committer'>,
  seconds: number,
): Grafted {
  const { format } = on;
  const files = new Map(on.files);
  const folders = new Map(on.folders);
  const blobs: NewObject[] = [];
  /** New ids of entries, by the folder they are in. */
  const changed = new Map<string, Map<string, GitObject>>();
  const note = (path: string, object: GitObject): void => {
    const [folder, name] = split(path);
    const entries = changed.get(folder) ?? new Map<string, GitObject>();
    changed.set(folder, entries.set(name, object));
  };
  for (const { file, bytes } of rewritten) {
    const before = fileIn(on.files, file);
    const blob = makeObject(format, 'blob', Buffer.from(bytes));
    blobs.push({ object: blob, before: before.blob });
    files.set(file, { ...before, blob });
    note(file, blob);
  }
  const trees: NewObject[] = [];
  // Deepest first: a folder's id is known once all within it are.
  for (const folder of [...on.folders.keys()].sort((a, b) => depth(b) - depth(a))) {
    const before = folders.get(folder);
    const entries = changed.get(folder);
    if (before === undefined || entries === undefined) continue;
    let content = before.content;
    for (const [name, { id }] of entries) content = replaceEntry(content, Buffer.from(name), id, format);
    const tree = makeObject(format, 'tree', content);
    trees.push({ object: tree, before });
    folders.set(folder, tree);
    if (folder !== '') note(folder, tree);
  }
  const { message } = about;
  const root = folders.get('')?.id;
  if (root === undefined) throw new RangeError('a snapshot without a root folder');
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

function fileIn(files: Snapshot['files'], path: string): Extract<Found, { is: 'file' }> {
  const found = files.get(path);
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
