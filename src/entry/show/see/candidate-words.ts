import type { Candidate } from '../../../plan/listed.ts';
import { notYetText, promotedValue } from './promotion-words.ts';
import { type Cell, type ProductStyle, tableLines } from './style.ts';

/** What is due of each delivery with `after`, and of the rest why not yet. */
export function candidatesText(candidates: readonly Candidate[], { colors }: ProductStyle, now: number): string {
  const head = ['DELIVERY', 'AFTER', 'VALUE', 'DUE'].map((text): Cell => ({ text, as: colors.dim }));
  const rows = candidates.flatMap((one) => {
    const { delivery, after, due, notYet } = one;
    const told = due ? [dueText(one)] : notYet.map((why) => notYetText(why, { after, now }));
    return told.map((text, at): Cell[] => [
      { text: at === 0 ? delivery : '', as: colors.bold },
      { text: at === 0 ? after : '' },
      { text: at === 0 ? promotedValue(one) : '', as: colors.cyan },
      { text, as: due ? colors.green : notYet[at]?.is === 'nothing' ? colors.dim : colors.yellow },
    ]);
  });
  return `${tableLines([head, ...rows], [20, 20, 20, 300]).join('\n')}\n`;
}

function dueText({ healthy, after }: Candidate): string {
  return healthy === undefined ? `due (${after} names no application: that it landed counts alone)` : 'due';
}
