import { distance } from '../../errors/spelling.ts';

/** ` (did you mean X?)` when one of the names is at most two edits away, else nothing. */
export function nearest(name: string, names: readonly string[], before = ''): string {
  const ranked = names
    .map((candidate) => ({ candidate, edits: distance(name.toLowerCase().slice(0, 40), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best === undefined || best.edits > 2 ? '' : ` (did you mean ${before}${best.candidate}?)`;
}
