import { newestCommits } from '../../wire/git/ancestry.ts';
import { entryKind, type ObjectId, parseTree, type TreeEntry } from '../../wire/git/pack/object.ts';
import type { Snapshot } from '../../wire/git/snapshot.ts';
import type { ConfigRepo } from '../repo/config-repo.ts';

/** A value that a commit replaced. */
export interface FoundChange {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** Files of one commit that are compared, and folders that are opened for them. A larger commit isn't one value's. */
const mostFiles = 50;
const mostFolders = 200;

/** What a commit replaced against its first parent; nothing where it has none or changes too much. Throws WireFailure. */
export async function changesIn(
  repo: ConfigRepo,
  ours: ObjectId,
  /** The files that it changed, where its message says so. */
  told: readonly string[] | undefined,
): Promise<FoundChange[]> {
  const parent = (await newestCommits(repo.remote, ours, 1))?.get(ours)?.parents[0];
  if (parent === undefined) return [];
  const files = told ?? (await filesBetween(repo, parent, ours));
  if (files.length === 0 || files.length > mostFiles) return [];
  const [was, is] = [await repo.readPaths(parent, files), await repo.readPaths(ours, files)];
  return files.flatMap((file) => replaced(textIn(was, file), textIn(is, file)).map((change) => ({ file, ...change })));
}

function textIn({ files }: Snapshot, file: string): string {
  const end = files.get(file);
  return end?.is === 'file' ? end.blob.content.toString('utf8') : '';
}

/** Walks down where the folders of the two differ, a level at a time. */
async function filesBetween(repo: ConfigRepo, was: ObjectId, is: ObjectId): Promise<string[]> {
  const files: string[] = [];
  let opened = 0;
  for (let folders = ['']; folders.length > 0; ) {
    opened += folders.length;
    if (opened > mostFolders || files.length > mostFiles) return [];
    // No file has this name, so that all of the way to it is read.
    const paths = folders.map((folder) => inside(folder, '\0'));
    const [before, after] = [await repo.readPaths(was, paths), await repo.readPaths(is, paths)];
    const below: string[] = [];
    for (const folder of folders) {
      const [old, now] = [entriesOf(before, folder), entriesOf(after, folder)];
      for (const [name, { mode, id }] of now) {
        if (old.get(name)?.id === id) continue;
        (entryKind(mode) === 'folder' ? below : files).push(inside(folder, name));
      }
    }
    folders = below;
  }
  return files;
}

function entriesOf({ folders, format }: Snapshot, folder: string): Map<string, TreeEntry> {
  const tree = folders.get(folder);
  if (tree === undefined) return new Map();
  return new Map(parseTree(tree.content, format).map((entry) => [entry.name.toString('utf8'), entry]));
}

function inside(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** The words of lines that are alike but for them, by the line's first word, which is its key in YAML and JSON. */
function replaced(was: string, is: string): { before: string; after: string }[] {
  const [old, now] = [was.split('\n'), is.split('\n')];
  const [gone, come] = [without(old, now), without(now, old)];
  return come.flatMap((line) => {
    const at = gone.findIndex((other) => other[0] === line[0] && other.length === line.length);
    const [other = []] = at < 0 ? [] : gone.splice(at, 1);
    return line.flatMap((after, word) => {
      const before = other[word];
      return before !== undefined && before !== after && tells(before) && tells(after) ? [{ before, after }] : [];
    });
  });
}

function without(lines: readonly string[], others: readonly string[]): string[][] {
  const known = new Set(others);
  return lines.filter((line) => !known.has(line)).map((line) => line.match(/[\w./:@+-]*\w/g) ?? []);
}

/** Whether a word is found again for itself alone: `3` and `true` stand in every application. */
function tells(word: string): boolean {
  return word.length > 3 ? word !== 'true' && word !== 'false' : word.length > 1 && /\d/.test(word);
}
