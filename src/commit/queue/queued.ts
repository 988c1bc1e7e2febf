import { TagboatError } from '../../errors.ts';
import type { CommitOutcome } from '../../plan/outcome.ts';
import { WireFailure } from '../../wire/failure.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import { isTaken } from '../../wire/git/push.ts';
import { readHolds } from '../holds/holds.ts';
import { refusalsBelieved } from '../land/direct.ts';
import { type Landing, landed, look, overTime, unchanged } from '../land/landing.ts';
import { landedAmong, tryPush } from '../land/push.ts';
import type { Look } from '../repo/config-repo.ts';
import { chainOf, filesOfAll, pushOf } from './combine.ts';
import { publishedAt } from './intent.ts';
import { patienceMs, restAfterPublishing, restInQueue, restWhileGathering } from './pace.ts';
import type { Published } from './published.ts';
import { type Mood, nextStep, type View } from './queue.ts';
import { confirm, isRefusal, lose, publish, type Turn, withdraw, withdrawInTheEnd } from './turn.ts';

/** A writer that published longer ago than this is not waited for; its job may be gone. */
const livelyMs = 120_000;
/** Times that the first in the queue looks again because others are still joining: a third more since its last look. */
const mostGathered = 6;
const growth = 1 / 3;
/** Fewer than these are no rush: they land at once. */
const rush = 4;
/** Intents landed by one push. */
const mostLinks = 256;

/** What a look means to the queue's decisions at this time. */
export function viewOf({ tip, intents }: Look, now: number): View {
  const ids = [...intents.keys()];
  return { tip, intents: ids, lively: ids.filter((id) => (publishedAt(id) ?? 0) > now - livelyMs) };
}

/**
 * Lands the change through the branch's queue: publishes it as an intent, then waits for another writer to land it, or
 * lands the whole queue itself when its turn comes. `noQueue` where the server has no place for one; the change is
 * then not published any more. Throws as `landDelivery` does, having withdrawn the intent.
 */
export async function landQueued(
  landing: Landing,
  published: Published,
  first: Look,
): Promise<CommitOutcome | 'noQueue'> {
  const { world } = landing;
  const turn: Turn = {
    // Whether a push of ours lost or others wait already, the next step is to wait with them.
    standing: { is: 'beaten' },
    mine: undefined,
    front: '',
    since: world.clock.now(),
    basis: landing.made,
    crowd: 0,
    gathered: 0,
    looks: 0,
    publishMs: 0,
    restMs: 0,
    refused: { tip: '', count: 0 },
    losses: { count: 0, last: undefined },
  };
  let seen = first;
  try {
    for (;;) {
      world.signal.throwIfAborted();
      const outcome = await takeStep(landing, published, turn, seen);
      if (outcome === 'noQueue' && turn.mine !== undefined && !(await withdraw(landing, published, turn))) {
        // It landed meanwhile after all, or somebody removed it: the branch tells.
        seen = await look(landing);
        continue;
      }
      if (outcome !== undefined) return outcome;
      if (turn.restMs > 0) await world.clock.sleep(turn.restMs, world.signal);
      turn.restMs = 0;
      seen = await look(landing);
    }
  } catch (error) {
    // Left alone it would be landed by others until it expires; a failure to remove it is not worth hiding why.
    landing.left = !(await withdrawInTheEnd(landing, published, turn));
    throw error;
  }
}

/** One step of the queue after a look. Answers how the landing ended, or undefined to look again. */
async function takeStep(
  landing: Landing,
  published: Published,
  turn: Turn,
  seen: Look,
): Promise<CommitOutcome | 'noQueue' | undefined> {
  const { world, repo, pushes } = landing;
  const { tripMs } = landing.looked;
  const now = world.clock.now();
  const view = viewOf(seen, now);
  const place = turn.mine === undefined ? 0 : view.lively.indexOf(turn.mine.intent.id);
  const step = nextStep(view, turn.standing, moodOf(turn, view, { now, place, tripMs }), true);
  if (step.do === 'confirm') return confirm(landing, published, turn, seen);
  const won = await landedAmong(repo.remote, seen.tip, pushes);
  if (won !== undefined) {
    await withdraw(landing, published, turn);
    return landed(landing, won);
  }
  if (now > landing.deadline) {
    // Gone already means landed, or at least decided: then the branch has the last word.
    if (await withdraw(landing, published, turn)) throw turn.losses.last ?? overTime(landing);
    return undefined;
  }
  switch (step.do) {
    case 'pushDirect':
      throw new RangeError('a writer in the queue does not push past it');
    case 'publish': {
      turn.looks = 0;
      const outcome = await publish(landing, published, turn, seen);
      // In a rush a first look holds much waiting for its own machine; the push is the latest that is known.
      const latestMs = Math.min(tripMs, turn.publishMs);
      const restMs =
        view.lively.length === 0
          ? restAfterPublishing(latestMs, world.random())
          : restInQueue(queueIn(view, now), 0, latestMs, world.random());
      turn.restMs = Math.max(turn.restMs, restMs);
      return outcome;
    }
    case 'combine':
      return combine(landing, published, turn, seen);
    case 'wait':
      if (step.place === 0) {
        await prepare(landing, published, turn, seen);
        turn.restMs = restWhileGathering(tripMs, world.random());
      } else {
        turn.looks += 1;
        turn.restMs = restInQueue(queueIn(view, now), turn.looks, tripMs, world.random());
      }
      return undefined;
  }
}

/** What the writer has in mind, from what moved since it last looked. */
function moodOf(turn: Turn, view: View, here: { now: number; place: number; tripMs: number }): Mood {
  const front = `${view.tip} ${view.intents[0] ?? ''}`;
  if (front !== turn.front) {
    turn.front = front;
    turn.since = here.now;
  }
  const { length } = view.lively;
  const joining = length >= rush && length - turn.crowd > length * growth && turn.gathered < mostGathered;
  turn.crowd = view.lively.length;
  if (here.place === 0 && joining) {
    turn.gathered += 1;
    return 'gathering';
  }
  return here.now - turn.since < patienceMs(here.place, here.tripMs) ? 'patient' : 'impatient';
}

/** How many wait, and for how long the first of them has, by its writer's clock. */
function queueIn({ lively }: View, now: number): { ageMs: number; crowd: number } {
  return { ageMs: Math.max(0, now - (publishedAt(lively[0] ?? '') ?? now)), crowd: lively.length };
}

/** Reads what landing these intents takes. What was read before is not read again. */
async function readQueue({ repo }: Landing, published: Published, tip: ObjectId, refs: Look['intents']) {
  const intents = await published.read(refs);
  return { intents, snapshot: await repo.readPaths(tip, filesOfAll(intents.values())) };
}

/** Reads it for the queue as it now is, while others are joining. */
async function prepare(landing: Landing, published: Published, { mine }: Turn, seen: Look): Promise<void> {
  if (mine === undefined) return;
  const refs = withOwn(seen.intents, mine.intent.id, mine.oid);
  await Promise.all([readQueue(landing, published, seen.tip, refs), landing.repo.remote.isAtomic()]);
}

/** Lands the queue: ours among them, or ours alone once the whole was refused. */
async function combine(
  landing: Landing,
  published: Published,
  turn: Turn,
  seen: Look,
): Promise<CommitOutcome | 'noQueue' | undefined> {
  const { world, repo, delivery } = landing;
  const { mine } = turn;
  if (mine === undefined) return undefined;
  if (!(await repo.remote.isAtomic())) return 'noQueue';
  if (turn.refused.tip !== seen.tip) turn.refused = { tip: seen.tip, count: 0 };
  const own = mine.intent.id;
  // One intent that a hook on the server dislikes must not hold up all the others.
  const refs = turn.refused.count > 0 ? new Map([[own, mine.oid]]) : withOwn(seen.intents, own, mine.oid);
  const { intents, snapshot } = await readQueue(landing, published, seen.tip, refs);
  const [compose, holds] = await Promise.all([landing.compose, readHolds(snapshot)]);
  const chain = chainOf(snapshot, holds, intents, compose, world.clock.now());
  const fate = chain.fates.get(own);
  // The value is another one by now, or the file is: decide anew, on the branch as it then is.
  const again = fate === 'moved' || fate === 'unfit';
  if (again && chain.links.length === 0) {
    if (await withdraw(landing, published, turn)) turn.standing = { is: 'beaten' };
    return undefined;
  }
  // Those before us land all the same: what moved our value may be an intent whose writer is gone.
  const leaving = again ? [own] : [];
  const { updates, objects } = pushOf(chain, repo.ref, leaving, (id) => published.removal(id, refs.get(id) ?? ''));
  landing.doing = 'push';
  const report = await tryPush(world, (signal) => repo.remote.push(updates, objects, signal));
  if (report instanceof WireFailure) {
    // Whether it was taken, the next look tells.
    if (!isRefusal(report)) return lose(landing, turn, report);
    return refused(landing, turn, seen, report.peerCode ?? '', report.peerText ?? '');
  }
  turn.losses = { count: 0, last: undefined };
  if (!isTaken(report, updates)) {
    return refused(landing, turn, seen, report.refs.get(repo.ref) ?? report.unpack, report.said);
  }
  turn.mine = undefined;
  if (fate === 'settled') return unchanged(landing, seen.tip);
  const at = chain.links.findIndex(({ intent }) => intent.id === own);
  const link = chain.links[at];
  if (link === undefined) {
    turn.standing = { is: 'beaten' };
    return undefined;
  }
  const others = chain.links.length - 1;
  if (others > 0) {
    const message = `Landed ${others} ${others === 1 ? 'change' : 'changes'} of other writers to ${delivery.branch} in the same push.`;
    landing.emit({ type: 'notice', level: 'info', stage: 'commit', message });
  }
  const on = chain.links[at - 1]?.grafted.commit ?? seen.tip;
  return landed(landing, { on, grafted: link.grafted, rewriting: link.rewriting, holds: mine.made.holds });
}

/** Beaten, or denied: the same tip after several refusals of our change alone means denied. */
function refused(landing: Landing, turn: Turn, seen: Look, code: string, said: string): undefined {
  const { repo, branch } = landing.delivery;
  const count = turn.refused.count + 1;
  turn.refused = { tip: seen.tip, count };
  if (count > refusalsBelieved) {
    const peer = { code, retryable: false, ...(said === '' ? {} : { text: said }) };
    throw new TagboatError('PUSH_DENIED', { repo, branch }, { peer });
  }
  // Others than the queue's writers push here too: meeting them again at once helps nobody.
  turn.restMs = Math.round(landing.world.random() * Math.max(50, landing.looked.tripMs * 2));
  return undefined;
}

function withOwn(intents: Look['intents'], own: string, oid: ObjectId): Map<string, ObjectId> {
  const some = new Map([...intents].slice(0, mostLinks));
  return some.has(own) ? some : new Map([...some, [own, oid]]);
}
