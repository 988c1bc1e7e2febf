import { readFile, stat } from 'node:fs/promises';
import { parse, relative, resolve, sep } from 'node:path';
import { unifiedDiff } from '../../../commit/edit/diff.ts';
import { editFile } from '../../../commit/edit/edit.ts';
import { parseEditArgument } from '../../../config/read/arguments.ts';
import { machineLimits } from '../../../errors/entry.ts';
import { TagboatError } from '../../../errors.ts';
import type { EditValue } from '../../../events/json-event.ts';
import { emitNotice } from '../../../events.ts';
import type { Change } from '../../../plan/outcome.ts';
import type { Body, Session } from '../../run/session.ts';
import { changeNote, changeValues } from '../../show/change-words.ts';
import { oneLine } from '../../show/printable.ts';
import { rewriteFile } from './rewrite.ts';

interface EditOptions {
  readonly check: boolean;
  readonly create: boolean;
}

/** In a file on this machine somebody looks at the diff: it is told and not refused. */
const allow = ['aliases', 'digest'] as const;

/** `tagboat edit`: sets values in a file on this machine. With `check` it shows the diff and writes nothing. */
export function edit(file: string, assignments: readonly string[], options: EditOptions): Body {
  return async (session) => {
    const edits = assignments.map((argument) => ({
      file,
      ...parseEditArgument(argument),
      create: options.create,
      allow,
    }));
    const path = resolve(session.cwd, file);
    const before = await readOrdinary(path).catch((error: NodeJS.ErrnoException) => {
      throw new TagboatError('EDIT_FILE_UNREADABLE', { file, reason: reasonOf(error) }, { place: { file } });
    });
    const { bytes, changes } = editFile(file, before, edits);
    const value: EditValue = {
      file,
      changes,
      diff: unifiedDiff(patchName(session.cwd, path), before, bytes),
      written: !options.check && changes.length > 0,
    };
    // A diff doesn't show what else changes by an alias, or which type a value has.
    if (options.check || session.settings.quiet) warn(session, changes);
    if (options.check) {
      session.print(value.diff);
      return { value };
    }
    if (value.written) {
      await rewriteFile(path, bytes).catch((error: NodeJS.ErrnoException) => {
        throw new TagboatError('EDIT_NOT_WRITTEN', { file, reason: reasonOf(error) });
      });
    }
    if (session.settings.quiet) return { value };
    session.say((colors) =>
      changes.length === 0
        ? `${colors.green('=')} ${oneLine(file)} already says so.`
        : changes
            .map((change) => {
              const place = `${oneLine(file)} ${colors.dim(oneLine(change.path))}`;
              return `${colors.green('✓')} ${place}  ${changeValues(change, colors)}`;
            })
            .join('\n'),
    );
    return { value };
  };
}

function warn({ emit }: Session, changes: readonly Change[]): void {
  for (const change of changes) {
    const note = changeNote(change);
    const message = oneLine(`${change.file} ${change.path}: ${note}`);
    if (note !== '')
      emitNotice(emit, 'warning', 'commit', 'VALUE_SURPRISES', { file: change.file, path: change.path }, message);
  }
}

/** A pipe or a device may have no end. */
async function readOrdinary(path: string): Promise<Buffer> {
  const found = await stat(path);
  if (found.isFile() || found.isDirectory()) return readFile(path);
  throw new Error('it is no ordinary file');
}

/** The file's name in a diff that `git apply` takes in this folder, or in / where the file is outside of it. */
function patchName(cwd: string, path: string): string {
  const inside = relative(cwd, path);
  const name = inside.split(sep)[0] === '..' ? relative(parse(path).root, path) : inside;
  return name.split(sep).join('/');
}

/** node's error without its own repetition of path and call. */
function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a folder';
    case 'EACCES':
    case 'EPERM':
      return 'permission is denied';
    default:
      return machineLimits[error.code ?? ''] ?? error.code ?? error.message;
  }
}
