/** Signs, seen in how long the host takes to answer, that others are writing to the branch too. Pure. */

/**
 * Milliseconds after which a look at the branch is old: it is taken again before the push that it was for. `reads` is
 * the number of answers that the files take; alone on a host, each takes about 0.65 of a look, which opens the connection.
 * Fitted, as the times of queue/pace.ts are, on `npm run bench -- contention`.
 */
export function staleMs(reads: number, tripMs: number): number {
  return reads * Math.max(100, 0.65 * tripMs);
}

/**
 * Whether others are about to push too, from two looks before a push. The first opened a connection and should have
 * been the longer one.
 */
export function isCrowded(firstMs: number, secondMs: number): boolean {
  return secondMs > Math.max(100, 1.1 * firstMs);
}
