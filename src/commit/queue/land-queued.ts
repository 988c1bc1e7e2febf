import { isNo } from '../../wire/git/failure.ts';
import { type Landing, landedOutcome, landingTimedOut, lookAtBranch } from '../land/landing.ts';
import { findLandedPush } from '../land/push-commit.ts';
import type { BranchLook } from '../repo/config-repo.ts';
import { publishedAt } from '../repo/layout.ts';
import { nextQueueStep, type QueueView, type WriterMood } from './decisions.ts';
import type { IntentRefs } from './intent-refs.ts';
import { landQueue, readAhead } from './land-chain.ts';
import { findOwnCommit, publish, withdraw, withdrawInTheEnd } from './own-intent.ts';
import { patienceMs, restAfterPublishing, restInQueue, restWhileGathering } from './pace.ts';
import { enterQueue, type QueuedWriter, type QueueEnd, queueView } from './writer.ts';

/**
 * The first in the queue looks again while the queue has grown by more than a third since its last look, six times at
 * most, and only where four or more wait: fewer are landed at once. Fitted on `npm run bench -- contention`.
 */
const mostGathered = 6;
const growth = 1 / 3;
const rush = 4;

/**
 * Lands the change through the branch's queue: publishes it as an intent, then waits for another writer to land it, or
 * lands the whole queue itself when its turn comes. `noQueue` where the server has no place for one; the change is
 * then not published any more. Throws as `landDelivery` does, having withdrawn the intent.
 */
export async function landQueued(landing: Landing, intentRefs: IntentRefs, first: BranchLook): Promise<QueueEnd> {
  const { world } = landing;
  const writer = enterQueue(landing, intentRefs);
  let seen = first;
  try {
    for (;;) {
      world.signal.throwIfAborted();
      let outcome: QueueEnd | undefined;
      try {
        outcome = await takeStep(writer, seen);
      } catch (error) {
        // Some hosts give out only what refs point to, and the branch may have left the tip that is read (Dulwich).
        if (!isNo(error) || world.clock.now() > landing.deadline) throw error;
        const now = await lookAtBranch(landing);
        if (now.tip === seen.tip) throw error;
        seen = now;
        continue;
      }
      if (outcome === 'noQueue' && writer.own !== undefined && !(await withdraw(writer))) {
        // It landed meanwhile after all, or somebody removed it: the branch tells.
        seen = await lookAtBranch(landing);
        continue;
      }
      if (outcome !== undefined) return outcome;
      if (writer.restMs > 0) await world.clock.sleep(writer.restMs, world.signal);
      writer.restMs = 0;
      seen = await lookAtBranch(landing);
    }
  } catch (error) {
    // Left alone it would be landed by others until it expires; a failure to remove it is not worth hiding why.
    landing.left = !(await withdrawInTheEnd(writer));
    throw error;
  }
}

/** One step of the queue after a look. Answers how the landing ended, or undefined to look again. */
async function takeStep(writer: QueuedWriter, seen: BranchLook): Promise<QueueEnd | undefined> {
  const { landing } = writer;
  const { world, repo, pushes } = landing;
  const { tripMs } = landing.looked;
  const now = world.clock.now();
  const view = queueView(seen, now);
  const place = writer.own === undefined ? 0 : view.lively.indexOf(writer.own.intent.id);
  const step = nextQueueStep(view, writer.standing, moodOf(writer, view, { now, place, tripMs }), true);
  if (step.do === 'confirm') return findOwnCommit(writer, seen);
  const won = await findLandedPush(repo.remote, seen.tip, pushes);
  if (won !== undefined) {
    await withdraw(writer);
    return landedOutcome(landing, won);
  }
  if (now > landing.deadline) {
    // Gone already means landed, or at least decided: then the branch has the last word.
    if (await withdraw(writer)) throw writer.losses.last ?? landingTimedOut(landing);
    return undefined;
  }
  switch (step.do) {
    case 'pushDirect':
      throw new RangeError('a writer in the queue does not push past it');
    case 'publish': {
      writer.looks = 0;
      const outcome = await publish(writer, seen);
      // Where many writers share a machine, a look's time is mostly the wait for that machine; the push just made tells
      // how long the host takes.
      const latestMs = Math.min(tripMs, writer.publishMs);
      const restMs =
        view.lively.length === 0
          ? restAfterPublishing(latestMs, world.random())
          : restInQueue(queueIn(writer, view, now), 0, latestMs, world.random());
      writer.restMs = Math.max(writer.restMs, restMs);
      return outcome;
    }
    case 'combine':
      if (place > 0 && writer.ahead !== writer.front) {
        // Others lose patience at about the same time: what the landing takes is read first, and then looked again.
        writer.ahead = writer.front;
        await readAhead(writer, seen);
        return undefined;
      }
      return landQueue(writer, seen);
    case 'wait':
      if (step.place === 0) {
        await readAhead(writer, seen);
        writer.restMs = restWhileGathering(tripMs, world.random());
      } else {
        writer.looks += 1;
        const restMs = restInQueue(queueIn(writer, view, now), writer.looks, tripMs, world.random());
        writer.restMs = Math.min(restMs, Math.max(1, writer.since + patienceOf(writer, place, tripMs) - now));
      }
      return undefined;
  }
}

/** What the writer has in mind, from what moved since it last looked. */
function moodOf(
  writer: QueuedWriter,
  view: QueueView,
  here: { now: number; place: number; tripMs: number },
): WriterMood {
  const front = `${view.tip} ${view.intents[0] ?? ''}`;
  if (front !== writer.front) {
    // Later, what stays in front may be what nobody can land: that the branch moved shows that they who can are there.
    writer.waitedMs = writer.front === '' ? queueIn(writer, view, here.now).ageMs : 0;
    writer.front = front;
    writer.since = here.now;
  }
  const { length } = view.lively;
  const joining = length >= rush && length - writer.crowd > length * growth && writer.gathered < mostGathered;
  writer.crowd = view.lively.length;
  if (joining) {
    // The first one lets them, and is waited for that long.
    writer.gathered += 1;
    writer.since = here.now;
    writer.joinedAt = here.now;
    if (here.place === 0) return 'gathering';
  }
  return here.now - writer.since < patienceOf(writer, here.place, here.tripMs) ? 'patient' : 'impatient';
}

function patienceOf({ crowd, waitedMs }: QueuedWriter, place: number, tripMs: number): number {
  return patienceMs(place, crowd, tripMs, waitedMs);
}

/** How many wait, for how long the first of them has, by its writer's clock, and since when many were last seen to join. */
function queueIn({ joinedAt }: QueuedWriter, { lively }: QueueView, now: number): Parameters<typeof restInQueue>[0] {
  const ageMs = Math.max(0, now - (publishedAt(lively[0] ?? '') ?? now));
  return { ageMs, crowd: lively.length, joinedMs: now - joinedAt };
}
