import { TagboatError } from '../errors.ts';
import type { Change, Edit } from '../plan.ts';
import type { Snapshot } from '../wire/git/snapshot.ts';
import type { Rewritten } from './graft.ts';

/** What the edits make of a snapshot's files. */
export interface Rewriting {
  /** Files whose bytes change; empty when every value is there already. */
  readonly files: readonly Rewritten[];
  readonly changes: readonly Change[];
  /** Unified diff of those files. */
  readonly diff: string;
}

/** Does the edits to the files of a snapshot. Pure. Throws what editing a file throws. */
export type Rewrite = (snapshot: Snapshot, edits: readonly Edit[]) => Rewriting;

/** The editor, loaded when it is needed: its parsers take longer to load than a server takes to answer. */
export async function loadRewrite(): Promise<Rewrite> {
  const [{ editFile }, { unifiedDiff }] = await Promise.all([import('./edit.ts'), import('./diff.ts')]);
  return (snapshot, edits) => {
    const files: Rewritten[] = [];
    const changes: Change[] = [];
    let diff = '';
    for (const [file, own] of byFile(edits)) {
      const found = snapshot.files.get(file);
      if (found?.is !== 'file') throw new RangeError(`${file} is no file of the snapshot`);
      const before = found.blob.content;
      const edited = editFile(file, before, own);
      if (edited.changes.length === 0) continue;
      files.push({ file, bytes: edited.bytes });
      changes.push(...edited.changes);
      diff += unifiedDiff(file, before, edited.bytes);
    }
    return { files, changes, diff };
  };
}

/** The value found at each edit's path: the one replaced, or the wanted one where that was there already. */
export function valuesFound({ changes }: Rewriting, edits: readonly Edit[]): (string | undefined)[] {
  return edits.map((edit) => {
    const change = changes.find(({ file, path }) => file === edit.file && path === edit.path);
    return change === undefined ? edit.value : change.before;
  });
}

/** The files that edits touch, in their order. Throws FILE_PATH_INVALID. */
export function filesOf(edits: readonly Edit[]): string[] {
  return [...byFile(edits).keys()];
}

function byFile(edits: readonly Edit[]): Map<string, Edit[]> {
  const files = new Map<string, Edit[]>();
  for (const edit of edits) {
    checkPath(edit.file);
    const own = files.get(edit.file);
    if (own === undefined) files.set(edit.file, [edit]);
    else own.push(edit);
  }
  return files;
}

function checkPath(file: string): void {
  const parts = file.split('/');
  const wrong = parts.some((part) => part === '' || part === '.' || part === '..' || /^\.git$/i.test(part));
  if (wrong || file.includes('\0')) throw new TagboatError('FILE_PATH_INVALID', { file });
}
