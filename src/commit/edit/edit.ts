import { ifReadable, TagboatError } from '../../errors.ts';
import type { Change } from '../../plan/outcome.ts';
import { parsePath } from '../../plan/path.ts';
import { isSpeltAs } from '../../plan/value.ts';
import type { Edit } from '../../plan.ts';
import { digestLines } from './digest.ts';
import { type SourceFile, valueText } from './document.ts';
import { parseBytes } from './parse.ts';
import { referenceIn } from './part.ts';
import { type Done, setValue } from './set.ts';
import { findValue, throwMissing } from './tree/find.ts';

/**
 * The file with the values set, one after the other; every other byte stays. What a file is, its name says. What is
 * already so is no change: with none, the bytes given come back. Pure.
 *
 * Throws FILE_*, CONFIG_PATH_MISSING, PATH_*, EDIT_REFUSED (what the file holds) and PATH_SYNTAX_INVALID,
 * VALUE_UNWRITABLE, VALUE_SET_TWICE (what was asked).
 */
export function editFile(
  file: string,
  source: Uint8Array,
  edits: readonly Edit[],
): { bytes: Uint8Array; changes: readonly Change[] } {
  let current = parseBytes(file, source);
  const { text } = current;
  const changes: Change[] = [];
  for (const edit of edits) {
    const done = setValue(current, edit, edits);
    if (done === undefined) continue;
    current = done.file;
    changes.push({ file, path: edit.path, before: done.before, after: edit.value, ...done.notes });
  }
  if (edits.length > 1) refuseTwice(current, edits);
  const digests = digestLines(current, edits);
  if (current.text === text) return { bytes: source, changes: [] };
  const told = changes.map((change) => {
    const digest = digests[edits.findIndex(({ path }) => path === change.path)];
    return digest === undefined ? change : { ...change, digest };
  });
  return { bytes: new TextEncoder().encode(current.text), changes: told };
}

/** The value of one place, as `editFile` would find it. Throws FILE_*, CONFIG_PATH_MISSING, PATH_*. */
export function readValue(file: string, source: Uint8Array, path: string): string {
  return readTyped(file, source, path).value;
}

/** The same with its type, where it can be written elsewhere as that. Throws as `readValue` does. */
export function readTyped(file: string, source: Uint8Array, path: string): Pick<Edit, 'value' | 'as'> {
  const read = parseBytes(file, source);
  const parsed = parsePath(path);
  const at = findValue(read, parsed, false);
  if (at.is === 'missing') throwMissing(read, parsed, { why: at.why, offset: undefined });
  const { node } = at;
  const value = valueText(node) ?? '';
  if (parsed.part !== undefined) {
    const part = referenceIn(value)?.[parsed.part];
    const why = `the image reference there has no ${parsed.part}`;
    return part === undefined ? throwMissing(read, parsed, { why, offset: undefined }) : { value: part, as: 'text' };
  }
  const type = typeof node.value === 'string' ? 'text' : typeof node.value === 'boolean' ? 'boolean' : 'number';
  return { value, as: node.value !== null && isSpeltAs(type, value) ? type : undefined };
}

/** Throws VALUE_SET_TWICE where two edits, however their paths are spelt, set one place to different values. */
function refuseTwice(file: SourceFile, edits: readonly Edit[]): void {
  for (const edit of edits) {
    const undone = undoneIn(file, edit, edits);
    if (undone === undefined) continue;
    const values = [edit.value, undone.before ?? ''] as const;
    const data = { file: file.name, path: edit.path, values };
    throw new TagboatError('VALUE_SET_TWICE', data, { place: { file: file.name } });
  }
}

/** What setting it again would change, where a later edit undid it. */
function undoneIn(file: SourceFile, edit: Edit, edits: readonly Edit[]): Done | undefined {
  // Where a later edit changed what its path selects by, that is another place by now.
  return ifReadable(() => setValue(file, edit, edits));
}
