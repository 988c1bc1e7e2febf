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
/** What each writer that waits adds to the rest of all: a look is a request, and a host has only so many for everybody. */
const spareMs = 20;
/** The longest that one who is gone is waited for on a slow host, where a landing doesn't take longer: a writer has two minutes in all. */
const slowHostMs = 10_000;
/** The longest that anybody is waited for, whatever a look takes: after that the writer's own landing must fit in. */
const longestPatienceMs = 30_000;
/** The longest rest: in a rush looks are slow, and quick again right after. */
const longestMs = 5_000;

/** After publishing into a queue that was empty: somebody has to be first in it. */
export function restAfterPublishing(tripMs: number, random: number): number {
  return rest(Math.min(500, tripMs), random);
}

/**
 * Until the queue should have landed, by the age of its first intent, how many wait, when many were last seen to join, and
 * looks in vain: the more wait, the less often each of them looks.
 */
export function restInQueue(
  queue: { readonly ageMs: number; readonly crowd: number; readonly joinedMs: number },
  looks: number,
  tripMs: number,
  random: number,
): number {
  // The first lets those join whom it sees join, and has not begun but for the look that showed them.
  const begunMs = Math.min(queue.ageMs, queue.joinedMs + tripMs);
  const left = landingMsOf(queue.crowd, tripMs) - begunMs;
  const least = Math.max(100 + spareMs * queue.crowd, 1.5 * tripMs) * 1.5 ** Math.min(looks, 10);
  return rest(Math.max(least, left), random);
}

/** While others are joining, for the one that lands them: everybody waits for it. */
export function restWhileGathering(tripMs: number, random: number): number {
  return rest(Math.min(250, tripMs / 2), random);
}

/**
 * How long nothing may move in front of the writer until it lands the queue itself: whoever had the turn is gone. Those
 * behind the second come a little later each, and less and less: when many are gone, the first that is not would wait for
 * all of them. Who comes too early loses a push and no more. A first intent that had waited for longer than that before
 * it was seen is given one landing's time, should one be under way.
 */
export function patienceMs(place: number, crowd: number, tripMs: number, waitedMs = 0): number {
  const landing = landingMsOf(crowd, tripMs);
  const patience = Math.min(
    Math.max(1_500, landing, Math.min(20 * tripMs, slowHostMs)) + 0.4 * landing * Math.log(Math.max(1, place)),
    longestPatienceMs,
  );
  return Math.max(patience - Math.max(0, waitedMs - patience), Math.min(patience, landing));
}

function landingMsOf(crowd: number, tripMs: number): number {
  // A clock that is set back has a look end before it began.
  return landingMs + landingTrips * Math.max(0, tripMs) + changeMs * crowd;
}

/** A little apart, so that those who published together don't come back together. */
function rest(ms: number, random: number): number {
  return Math.max(1, Math.round(Math.min(longestMs, ms) * (0.9 + 0.2 * random)));
}
