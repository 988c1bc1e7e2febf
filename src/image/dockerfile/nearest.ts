/** ` (did you mean X?)` when one of the names is at most two edits away, else nothing. */
export function nearest(name: string, names: readonly string[], before = ''): string {
  const ranked = names
    .map((candidate) => ({ candidate, edits: distance(name.toLowerCase().slice(0, 40), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best === undefined || best.edits > 2 ? '' : ` (did you mean ${before}${best.candidate}?)`;
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
