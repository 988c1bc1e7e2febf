import type { Colors } from 'picocolors/types.js';
import type { Change } from '../../plan/outcome.ts';
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
