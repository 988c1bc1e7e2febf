/**
 * How long a writer in the queue waits, in milliseconds, from how long one look at the host takes now. Pure. Every look
 * that is spared leaves the host to those who land: a writer comes back when the landing it waits for should be over.
 *
 * The numbers are fitted on `npm run bench -- contention`: 8, 16, 64 and 256 writers on one branch of git's own
 * http-backend, with 0 and 50 ms of round trip, writers and host on the same two cores. What was made small: seconds
 * until the last has landed, then requests a writer.
 */

/** From the queue's first intent to its landing, in looks: others join, the intents and their files are read, the push. */
const landingTrips = 4.5;
/** The same, what doesn't depend on the host. */
const landingMs = 250;
/** Working out one change of many. */
const changeMs = 4;
/** The longest rest: in a rush looks are slow, and quick again right after. */
const longestMs = 5_000;

/** After publishing into a queue that was empty: somebody has to be first in it. */
export function restAfterPublishing(tripMs: number, random: number): number {
  return rest(Math.min(500, tripMs), random);
}

/** Until the queue should have landed, by the age of its first intent, how many wait, and looks in vain. */
export function restInQueue(
  queue: { readonly ageMs: number; readonly crowd: number },
  looks: number,
  tripMs: number,
  random: number,
): number {
  const left = landingMs + landingTrips * tripMs - queue.ageMs;
  const least = Math.max(100 + changeMs * queue.crowd, 1.5 * tripMs) * (1 + looks / 4);
  return rest(Math.max(least, left), random);
}

/** While others are joining, for the one that lands them: everybody waits for it. */
export function restWhileGathering(tripMs: number, random: number): number {
  return rest(Math.min(250, tripMs / 2), random);
}

/**
 * How long nothing may move in front of the writer until it lands the queue itself: whoever had the turn is gone. Those
 * behind the second give it time for a landing, but less and less each: when many are gone, the first that is not would
 * wait for all of them. Who comes too early loses a push and no more.
 */
export function patienceMs(place: number, crowd: number, tripMs: number): number {
  const landing = landingMs + landingTrips * tripMs + changeMs * crowd;
  return Math.max(1_500, 20 * tripMs) + landing * Math.log(Math.max(1, place));
}

/** A little apart, so that those who published together don't come back together. */
function rest(ms: number, random: number): number {
  return Math.max(1, Math.round(Math.min(longestMs, ms) * (0.9 + 0.2 * random)));
}
