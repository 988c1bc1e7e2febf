/** The candidate that looks most like what was written, or undefined where none comes near. */
export function nearestWord(written: string, candidates: readonly string[]): string | undefined {
  let best: { word: string; score: number } | undefined;
  for (const word of candidates) {
    const score = distance(written.toLowerCase().slice(0, 100), word.toLowerCase());
    if (best === undefined || score < best.score) best = { word, score };
  }
  return best !== undefined && best.score <= Math.max(written.length > 2 ? 2 : 1, Math.floor(written.length * 0.4))
    ? best.word
    : undefined;
}

/** Levenshtein's distance: insertions, deletions and replacements between two short texts. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
