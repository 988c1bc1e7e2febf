import type { Colors } from 'picocolors/types.js';
import type { Change } from '../../plan/outcome.ts';
import { oneLine } from './printable.ts';

/** A value as it was and as it is, on one line, with what may surprise about it. */
export function changeValues(change: Change, colors: Colors): string {
  const before = change.before === undefined ? colors.dim('(new)') : colors.red(oneLine(change.before));
  const note = changeNote(change);
  return `${before} → ${colors.green(oneLine(change.after))}${note === '' ? '' : colors.yellow(` (${note})`)}`;
}

/** What may surprise about a change: another type of value. Empty where nothing does. */
export function changeNote({ types }: Change): string {
  if (types === undefined) return '';
  return types.before === 'nothing' ? `a ${types.after}` : `${types.before} → ${types.after}`;
}
