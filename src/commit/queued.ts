import { TagboatError } from '../errors.ts';
import type { CommitOutcome } from '../plan.ts';
import { WireFailure } from '../wire/failure.ts';
import type { ObjectId } from '../wire/git/object.ts';
import { chainOf, filesOfAll, pushOf } from './combine.ts';
import type { Look } from './config-repo.ts';
import { refusalsBelieved } from './direct.ts';
import { publishedAt } from './intent.ts';
import { type Landing, landed, overTime, unchanged } from './landing.ts';
import type { Published } from './published.ts';
import { landedAmong, withGrace } from './push.ts';
import { nextStep } from './queue.ts';
import { confirm, publish, type Turn, withdraw } from './turn.ts';

/** A writer that published longer ago than this is not waited for; its job may be gone. */
const livelyMs = 120_000;
/** Intents landed by one push. */
const mostLinks = 256;

/** Ids of the intents whose writers may still be waiting. */
export function livelyAmong({ intents }: Look, now: number): string[] {
  return [...intents.keys()].filter((id) => (publishedAt(id) ?? 0) > now - livelyMs);
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
  const { world, repo, pushes } = landing;
  const turn: Turn = {
    standing: { is: pushes.length > 0 ? 'beaten' : 'fresh' },
    mine: undefined,
    front: '',
    since: world.clock.now(),
    tripMs: 50,
    looks: 0,
    refused: { tip: '', count: 0, words: {} },
  };
  let look = first;
  try {
    for (;;) {
      world.signal.throwIfAborted();
      const outcome = await takeStep(landing, published, turn, look);
      if (outcome === 'noQueue' && turn.mine !== undefined && !(await withdraw(landing, published, turn))) {
        // It landed meanwhile after all, or somebody removed it: the branch tells.
        look = await repo.look();
        continue;
      }
      if (outcome !== undefined) return outcome;
      const before = world.clock.now();
      look = await repo.look();
      turn.tripMs = (turn.tripMs + (world.clock.now() - before) * 2) / 3;
    }
  } catch (error) {
    // Left alone it would be landed by others until it expires; a failure to remove it is not worth hiding why.
    await withdraw(landing, published, turn).catch(() => false);
    throw error;
  }
}

/** One step of the queue after a look. Answers how the landing ended, or undefined to look again. */
async function takeStep(
  landing: Landing,
  published: Published,
  turn: Turn,
  look: Look,
): Promise<CommitOutcome | 'noQueue' | undefined> {
  const { world, repo, pushes } = landing;
  const now = world.clock.now();
  const front = `${look.tip} ${[...look.intents.keys()][0] ?? ''}`;
  if (front !== turn.front) {
    turn.front = front;
    turn.since = now;
  }
  const lively = livelyAmong(look, now);
  const place = turn.mine === undefined ? 0 : lively.indexOf(turn.mine.intent.id);
  const patient = now - turn.since < Math.max(1_500, turn.tripMs * 20) * Math.max(1, place);
  const view = { tip: look.tip, intents: [...look.intents.keys()], lively };
  const step = nextStep(view, turn.standing, patient, true);
  // Nobody is in front any more: the shortest way is the direct one.
  if (step.do === 'pushDirect') return 'noQueue';
  if (step.do === 'confirm') return confirm(landing, turn, look);
  const won = await landedAmong(repo.remote, look.tip, pushes);
  if (won !== undefined) {
    await withdraw(landing, published, turn);
    return landed(landing, won);
  }
  if (now > landing.deadline) {
    // Gone already means landed, or at least decided: then the branch has the last word.
    if (await withdraw(landing, published, turn)) throw overTime(landing);
    return undefined;
  }
  switch (step.do) {
    case 'publish':
      return publish(landing, published, turn, look);
    case 'combine':
      return combine(landing, published, turn, look);
    case 'wait': {
      turn.looks += 1;
      const base = Math.min(4_000, Math.max(150, turn.tripMs * 4) * (1 + turn.looks / 2) + place * turn.tripMs);
      await world.clock.sleep(Math.round(base * (0.5 + world.random())), world.signal);
      return undefined;
    }
  }
}

/** Lands the queue: ours among them, or ours alone once the whole was refused. */
async function combine(
  landing: Landing,
  published: Published,
  turn: Turn,
  look: Look,
): Promise<CommitOutcome | 'noQueue' | undefined> {
  const { world, repo, delivery } = landing;
  const { mine } = turn;
  if (mine === undefined) return undefined;
  if (!(await repo.remote.isAtomic())) return 'noQueue';
  if (turn.refused.tip !== look.tip) turn.refused = { tip: look.tip, count: 0, words: {} };
  const own = mine.intent.id;
  // One intent that a hook on the server dislikes must not hold up all the others.
  const refs = turn.refused.count > 0 ? new Map([[own, mine.oid]]) : withOwn(look.intents, own, mine.oid);
  const intents = await published.read(refs);
  const snapshot = await repo.readPaths(look.tip, filesOfAll(intents.values()));
  const chain = chainOf(snapshot, intents, await landing.rewrite, world.clock.now());
  const fate = chain.fates.get(own);
  if (fate === 'moved' || fate === 'unfit') {
    // The value is another one by now, or the file is: decide anew, on the branch as it is.
    if (await withdraw(landing, published, turn)) turn.standing = { is: 'beaten' };
    return undefined;
  }
  const { updates, objects } = pushOf(chain, repo.ref, (id) => published.removal(id, refs.get(id) ?? ''));
  const grace = withGrace(world);
  landing.doing = 'push';
  try {
    const report = await repo.remote.push(updates, objects, grace.signal);
    const taken =
      report.unpack === 'ok' && updates.every(({ ref }) => report.refs.has(ref) && report.refs.get(ref) === undefined);
    if (!taken) return await refused(landing, turn, look, report.refs.get(repo.ref) ?? report.unpack, report.said);
  } catch (error) {
    // Whether it was taken, the next look tells.
    if (!(error instanceof WireFailure) || error.status === 401 || error.status === 403) throw error;
    return undefined;
  } finally {
    grace.end();
  }
  turn.mine = undefined;
  if (fate === 'settled') return unchanged(landing, look.tip);
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
  const on = chain.links[at - 1]?.grafted.commit ?? look.tip;
  return landed(landing, { on, grafted: link.grafted, rewriting: link.rewriting });
}

/** Beaten, or denied: the same tip after several refusals of our change alone means denied. */
async function refused(landing: Landing, turn: Turn, look: Look, code: string, said: string): Promise<undefined> {
  const { repo, branch } = landing.delivery;
  const count = turn.refused.count + 1;
  const words = { code, ...(said === '' ? {} : { text: said }) };
  turn.refused = { tip: look.tip, count, words };
  if (count > refusalsBelieved) {
    throw new TagboatError('PUSH_DENIED', { repo, branch }, { peer: { ...words, retryable: false } });
  }
  // Others than the queue's writers push here too: meeting them again at once helps nobody.
  await landing.world.clock.sleep(
    Math.round(landing.world.random() * Math.max(50, turn.tripMs * 2)),
    landing.world.signal,
  );
  return undefined;
}

function withOwn(intents: Look['intents'], own: string, oid: ObjectId): Map<string, ObjectId> {
  const some = new Map([...intents].slice(0, mostLinks));
  return some.has(own) ? some : new Map([...some, [own, oid]]);
}
