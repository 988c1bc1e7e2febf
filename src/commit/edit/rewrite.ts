import { TagboatError } from '../../errors.ts';
import type { HeldPlace } from '../../plan/holds.ts';
import type { Change } from '../../plan/outcome.ts';
import type { FileWrite, WrittenFile } from '../../plan/pull-request.ts';
import type { ValueType } from '../../plan/value.ts';
import type { DeliveryPlan, Edit } from '../../plan.ts';
import type { Snapshot } from '../../wire/git/snapshot.ts';

/** A file of a snapshot with its new bytes; undefined: it is removed. */
export interface RewrittenFile {
  readonly file: string;
  readonly bytes: Uint8Array | undefined;
}

/** What the edits make of a snapshot's files. */
export interface Rewriting {
  /** The values of the places asked for, once the edits are made. */
  readonly values: readonly string[];
  /** Their types, where they can be written elsewhere as those. */
  readonly types: readonly (ValueType | undefined)[];
  /** Files whose bytes change; empty when every value is there already. */
  readonly files: readonly RewrittenFile[];
  readonly changes: readonly Change[];
  /** Those of the files that are written whole. */
  readonly written: readonly WrittenFile[];
  /** Unified diff of those files. */
  readonly diff: string;
}

/** Edits the files of a snapshot, and reads the places asked for afterwards. Pure. Throws as editing a file does. */
type Rewrite = (
  snapshot: Snapshot,
  edits: readonly Edit[],
  asked?: readonly HeldPlace[],
  writes?: readonly FileWrite[],
) => Rewriting;

/** The editor, loaded when it is needed: its parsers take longer to load than a server takes to answer. */
export async function loadRewrite(writes = false): Promise<Rewrite> {
  const [{ editFile, readTyped }, { unifiedDiff }, whole] = await Promise.all([
    import('./edit.ts'),
    import('./diff.ts'),
    writes ? import('./whole/write.ts') : undefined,
  ]);
  // What has run once is compiled: better now, while the server is asked, than when its answer is here.
  const [file, before] = ['values.yaml', new TextEncoder().encode('image: { name: a }\ntags:\n  - one: "a" # b\n')];
  unifiedDiff(file, before, editFile(file, before, [{ file, path: '.tags[0].one', value: 'c', create: false }]).bytes);
  return (snapshot, edits, asked = [], wholes = []) => {
    const files: RewrittenFile[] = [];
    const changes: Change[] = [];
    let diff = '';
    for (const [file, own] of byFile(edits)) {
      const before = contentOf(snapshot, file);
      const edited = editFile(file, before, own);
      if (edited.changes.length === 0) continue;
      files.push({ file, bytes: edited.bytes });
      changes.push(...edited.changes);
      diff += unifiedDiff(file, before, edited.bytes);
    }
    const written: WrittenFile[] = [];
    for (const write of wholes) {
      const done = whole?.writeFile(snapshot, write);
      if (done === undefined) continue;
      files.push({ file: write.file, bytes: done.after });
      written.push({ file: write.file, is: done.is });
      diff += unifiedDiff(write.file, done.before, done.after);
    }
    const found = asked.map(({ file, path }) => {
      const bytes = files.find((one) => one.file === file)?.bytes ?? contentOf(snapshot, file);
      return readTyped(file, bytes, path);
    });
    return { files, changes, written, diff, values: found.map(({ value }) => value), types: found.map(({ as }) => as) };
  };
}

function contentOf(snapshot: Snapshot, file: string): Uint8Array {
  const found = snapshot.files.get(file);
  if (found?.is !== 'file') throw new RangeError(`${file} is no file of the snapshot`);
  return found.blob.content;
}

/** The value found at each edit's path: the one replaced, or the wanted one where that was there already. */
export function valuesFound({ changes }: Pick<Rewriting, 'changes'>, edits: readonly Edit[]): (string | undefined)[] {
  return edits.map((edit) => {
    const change = changes.find(({ file, path }) => file === edit.file && path === edit.path);
    return change === undefined ? edit.value : change.before;
  });
}

/** The files that edits touch, or that places are in, in their order. Throws FILE_PATH_INVALID. */
export function filesOf(places: readonly HeldPlace[]): string[] {
  return [...byFile(places).keys()];
}

/** The files that a delivery has to read and may write, but for the holds' own. Throws FILE_PATH_INVALID. */
export function filesTouched({
  edits,
  holds,
  writes = [],
}: Pick<DeliveryPlan, 'edits' | 'holds' | 'writes'>): string[] {
  for (const { file } of writes) checkPath(file);
  const templates = writes.flatMap(({ template }) =>
    template?.of === 'config' ? { file: template.file, path: '' } : [],
  );
  return filesOf([...edits, ...(holds?.is === 'hold' ? holds.places : []), ...templates]);
}

/** The files that a delivery writes whole, or removes: they needn't be there. */
export function filesWritten({ writes = [] }: Pick<DeliveryPlan, 'writes'>): string[] {
  return writes.map(({ file }) => file);
}

function byFile<T extends HeldPlace>(edits: readonly T[]): Map<string, T[]> {
  const files = new Map<string, T[]>();
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
