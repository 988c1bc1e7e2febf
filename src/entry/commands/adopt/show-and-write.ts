import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unifiedDiff } from '../../../commit/edit/diff.ts';
import { TagboatError } from '../../../errors.ts';
import type { Ask } from '../../init/ask.ts';
import type { Session } from '../../run/session.ts';
import { rewriteFile } from '../edit/rewrite.ts';

/** A file as it is to be. */
export interface IntendedFile {
  readonly file: string;
  readonly path: string;
  readonly text: string;
  /** It may be there, and is what the command was told to change. */
  readonly given?: boolean;
}

/**
 * Shows what the files would become, against what is there now; then writes those that differ. With `check` it writes
 * nothing. Throws INIT_FILE_EXISTS, before anything is written, for one that is there and may not be replaced.
 */
export async function showAndWrite(
  session: Session,
  files: readonly IntendedFile[],
  { check, force, ask }: { readonly check: boolean; readonly force: boolean; readonly ask: Ask },
): Promise<readonly IntendedFile[]> {
  const bytes = (one: string): Uint8Array => new TextEncoder().encode(one);
  const compared = await Promise.all(
    files.map(async (one) => ({ ...one, before: await readFile(one.path, 'utf8').catch(() => undefined) })),
  );
  const changed = compared.filter(({ before, text }) => before !== text);
  session.print(
    changed
      .map(({ file, before, text }) => unifiedDiff(file, before === undefined ? undefined : bytes(before), bytes(text)))
      .join(''),
  );
  if (check) return changed;
  for (const { file, before, given } of changed) {
    if (before === undefined || given === true || force) continue;
    if (!(await ask.yes(`${file} is there already. Replace it?`, false)))
      throw new TagboatError('INIT_FILE_EXISTS', { file });
  }
  for (const { path, before, text } of changed) {
    await mkdir(dirname(path), { recursive: true });
    if (before !== undefined) await rewriteFile(path, bytes(text));
    else await writeFile(path, text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
  }
  return changed;
}
