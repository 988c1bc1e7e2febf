/** The middle value; the mean of the middle two for an even count. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * How many times `ours` fits into `theirs`: the median over rounds of the two figures taken in the same round.
 * A machine that slows down for a while slows both, so the pairs hold where two medians would drift apart.
 */
export function ratio(theirs: readonly number[], ours: readonly number[]): number {
  return median(pairs(theirs, ours).map(([their, our]) => their / our));
}

/** The lowest and the highest value. */
export function range(values: readonly number[]): readonly [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

function pairs(theirs: readonly number[], ours: readonly number[]): (readonly [number, number])[] {
  return theirs.slice(0, ours.length).map((value, round) => [value, ours[round] ?? Number.NaN] as const);
}
