import type { Colors } from 'picocolors/types.js';
import { describePlace } from '../../errors/place.ts';
import type { Finding } from '../../plan/finding.ts';
import { printable } from './printable.ts';

/** A finding in full: its mark and code, the place with its caret, what to do. */
export function findingLines({ code, severity, message, place, fix }: Finding, colors: Colors): string[] {
  const marks = { error: colors.red('✗'), warning: colors.yellow('!'), note: colors.dim('·') };
  return [
    `${marks[severity]} ${colors.bold(code)} ${printable(message)}`,
    ...(place === undefined ? [] : printable(describePlace(place)).split('\n')).map((line) => `  ${line}`),
    `  ${colors.cyan('→')} ${printable(fix)}`,
  ].flatMap((line) => line.split('\n'));
}
