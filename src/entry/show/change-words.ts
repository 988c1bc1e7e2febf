import type { Colors } from 'picocolors/types.js';
import type { HoldChange } from '../../plan/holds.ts';
import type { Change, CommitPreview } from '../../plan/outcome.ts';
import { oneLine } from './printable.ts';

/** A value as it was and as it is, on one line, with what may surprise about it. */
export function changeValues(change: Change, colors: Colors): string {
  const before = change.before === undefined ? colors.dim('(new)') : colors.red(oneLine(change.before));
  const note = changeNote(change);
  return `${before} → ${colors.green(oneLine(change.after))}${note === '' ? '' : colors.yellow(` (${note})`)}`;
}

/** What may surprise about a change: another type of value, other places that change. Empty where nothing does. */
export function changeNote({ types, aliases = [], digest, replaces }: Change): string {
  const notes = [];
  if (types !== undefined)
    notes.push(
      types.before === 'nothing' ? 'as text; := sets a number or boolean' : `${types.before} → ${types.after}`,
    );
  if (aliases.length > 0)
    notes.push(`by aliases on ${aliases.length === 1 ? 'line' : 'lines'} ${aliases.join(', ')} too`);
  if (replaces !== undefined) notes.push(`in the place of ${replaces}`);
  if (digest !== undefined) notes.push(`the digest on line ${digest} counts, and not the tag`);
  return notes.join('; ');
}

/** A line for each file that is written whole or removed. */
export function writtenLines({ written = [] }: Pick<CommitPreview, 'written'>, colors: Colors): string[] {
  return written.map(({ file, is }) => `${' '.repeat(14)}${colors.dim(oneLine(file))}  ${is}`);
}

/** What became of holds, a line each. */
export function holdLines(change: HoldChange | undefined, colors: Colors): string[] {
  const indent = ' '.repeat(14);
  if (change === undefined) return [];
  if (change.is === 'repair') return [`${indent}the holds can be read again`];
  if (change.is === 'release') {
    return change.places.map(({ file, path }) => `${indent}${colors.dim(oneLine(`${file} ${path}`))}  released`);
  }
  const until = change.until === undefined ? 'until it is released' : `until ${change.until}`;
  return change.places.map(({ file, path, value = '' }) => {
    const where = colors.dim(oneLine(`${file} ${path}`));
    return `${indent}${where}  held at ${colors.green(oneLine(value))} ${until}`;
  });
}
