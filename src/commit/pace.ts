/**
 * How long a writer in the queue waits, in milliseconds, from how long one look at the host takes now. Pure. Every look
 * spared is one that doesn't slow down those who land: a writer comes back when the landing it waits for should be over.
 */

/**
 * What landing the queue takes, in looks: the intents, the tip, the files, the push. Looks grow slow in a rush of
 * writers, and quick again before the landing, which makes up for what a push weighs more.
 */
const landingTrips = 4;

/**
 * After publishing into a queue in which `others` wait already: one of them lands us along, after it has let others
 * join where there are many.
 */
export function restAfterPublishing(others: number, tripMs: number, random: number): number {
  return rest((landingTrips + Math.min(8, others / 4)) * tripMs, random);
}

/** From one look at the queue to the next; longer each time, and the first in the queue comes first. */
export function restInQueue(looks: number, place: number, tripMs: number, random: number): number {
  const wait = Math.max(150, landingTrips * tripMs) * (1 + looks / 4);
  return rest(wait + (place * tripMs) / 16, random);
}

/** While others are joining, for the one that lands them: everybody waits for it. */
export function restWhileGathering(tripMs: number, random: number): number {
  return rest(Math.min(500, 2 * tripMs), random);
}

/** How long nothing may move in front of the writer until it lands the queue itself: whoever had the turn is gone. */
export function patienceMs(place: number, tripMs: number): number {
  return Math.max(1_500, 20 * tripMs) * Math.max(1, place);
}

/** A little apart, so that those who published together don't come back together; still in their order. */
function rest(ms: number, random: number): number {
  return Math.round(Math.min(5_000, ms) * (0.9 + 0.2 * random));
}
