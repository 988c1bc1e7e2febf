import { TagboatError } from '../../errors.ts';
import { emitNotice } from '../../events.ts';
import { WireFailure } from '../../wire/failure.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import { isTaken } from '../../wire/git/push.ts';
import type { Snapshot } from '../../wire/git/snapshot.ts';
import { filesTouched } from '../edit/rewrite.ts';
import { readHolds } from '../holds/holds.ts';
import { lookForTaken } from '../land/kept.ts';
import { landedOutcome, unchangedOutcome } from '../land/landing.ts';
import { sendPush } from '../land/push-commit.ts';
import { refusalsBelieved } from '../land/push-direct.ts';
import type { BranchLook } from '../repo/config-repo.ts';
import { queueListFile } from '../repo/layout.ts';
import { chainOf, chainPush, filesOfAll, type Landable } from './chain.ts';
import type { Intent } from './intent.ts';
import { isRefusal, landedAlready, landedBefore, lose, withdraw } from './own-intent.ts';
import { listedFiles, mayLand } from './trust.ts';
import type { OwnIntent, QueuedWriter, QueueEnd } from './writer.ts';

/** Intents landed by one push. */
const mostLinks = 256;

/** Reads what landing these intents takes. What was read before is not read again. */
async function readQueue({ landing, intentRefs }: QueuedWriter, tip: ObjectId, refs: BranchLook['intents']) {
  const intents = await intentRefs.read(refs);
  const list = intentRefs.keyed ? [] : [queueListFile];
  return { intents, snapshot: await landing.repo.readPaths(tip, [...filesOfAll(intents.values()), ...list]) };
}

/** Reads what landing the queue as it now is will take, while others are still joining it. */
export async function readAhead(writer: QueuedWriter, seen: BranchLook): Promise<void> {
  const { own, landing } = writer;
  if (own === undefined) return;
  const refs = withOwn(seen.intents, own);
  await readQueue(writer, seen.tip, refs);
  await landing.repo.remote.isAtomic();
}

/** Lands the queue in one atomic push, or our change alone once all was refused. Undefined: look again. */
export async function landQueue(writer: QueuedWriter, seen: BranchLook): Promise<QueueEnd | undefined> {
  const { landing, intentRefs, own } = writer;
  const { world, repo, delivery } = landing;
  if (own === undefined) return undefined;
  if (!(await repo.remote.isAtomic())) return 'noQueue';
  if (writer.refused.tip !== seen.tip) writer.refused = { tip: seen.tip, count: 0 };
  const { id: ownId } = own.intent;
  // One intent that a hook on the server dislikes must not hold up all the others.
  const refs = writer.refused.count > 0 ? new Map([[ownId, own.oid]]) : withOwn(seen.intents, own);
  const { intents, snapshot } = await readQueue(writer, seen.tip, refs);
  const holds = readHolds(snapshot, undefined);
  const apply = await landing.apply;
  const chain = chainOf(snapshot, holds, intents, apply, world.clock.now(), {
    may: await trustOf(writer, seen.tip, intents, snapshot),
    committer: ({ id, committer }) => (intentRefs.keyed || id === ownId ? committer : delivery.committer),
  });
  const fate = chain.fates.get(ownId);
  // A host may take a push and fail before it has freed the refs or said so: then ours is still on its ref.
  const landed = fate === 'land' ? undefined : await landedBefore(landing, own, seen.tip);
  if (landed !== undefined) {
    await withdraw(writer);
    return landed;
  }
  // The value is another one by now, or the file is: decide anew, on the branch as it then is.
  const again = fate === 'moved' || fate === 'unfit';
  if (again && chain.links.length === 0) {
    if (await withdraw(writer)) writer.standing = { is: 'beaten' };
    return undefined;
  }
  // Those before us land all the same: what moved our value may be an intent whose writer is gone.
  const leaving = again ? [ownId] : [];
  const { updates, objects } = chainPush(chain, repo.ref, leaving, (id) => intentRefs.removal(id, refs.get(id) ?? ''));
  landing.doing = 'push';
  const report = await sendPush(world, (signal) => repo.remote.push(updates, objects, signal));
  if (report instanceof WireFailure) {
    // Whether it was taken, the next look tells.
    if (!isRefusal(report)) return lose(writer, report);
    return refused(writer, seen, report.peerCode ?? '', report.peerText ?? '');
  }
  writer.losses = { count: 0, last: undefined };
  if (!isTaken(report, updates)) {
    return refused(writer, seen, report.refs.get(repo.ref) ?? report.unpack, report.said);
  }
  const last = chain.links.at(-1);
  // Not there though it was said to be: what became of our intent, the next look tells.
  if (last !== undefined && (await lookForTaken(landing, seen.tip, last.built.commit))) return undefined;
  writer.own = undefined;
  if (fate === 'settled') return unchangedOutcome(landing, seen.tip);
  const at = chain.links.findIndex(({ intent }) => intent.id === ownId);
  const link = chain.links[at];
  if (link === undefined) {
    writer.standing = { is: 'beaten' };
    return undefined;
  }
  const others = chain.links.length - 1;
  if (others > 0) {
    const message = `Landed ${others} ${others === 1 ? 'change' : 'changes'} of other writers to ${delivery.branch} in the same push.`;
    emitNotice(landing.emit, 'info', 'commit', 'OTHERS_LANDED', { branch: delivery.branch, count: others }, message);
  }
  const on = chain.links[at - 1]?.built.commit ?? seen.tip;
  return landedOutcome(landing, { on, built: link.built, rewriting: link.rewriting, holds: own.made.holds });
}

/** Which intents this writer lands: its own, and those of others that it may. */
async function trustOf(
  { landing, intentRefs: { keyed }, own }: QueuedWriter,
  tip: ObjectId,
  intents: ReadonlyMap<string, Intent | undefined>,
  snapshot: Snapshot,
): Promise<Landable['may']> {
  const ownId = own?.intent.id;
  const others = [...intents.values()].filter((one) => one !== undefined && one.id !== ownId) as Intent[];
  if (others.length === 0) return ({ id }) => id === ownId;
  const { world, delivery, emit, repo } = landing;
  const replayed = keyed ? await landedAlready(repo.remote, tip, others) : new Set<string>();
  const found = keyed ? [] : listedFiles(snapshot);
  if (found === 'unreadable') {
    const message = `${queueListFile} on ${delivery.branch} can't be read: other writers' changes are left to them.`;
    emitNotice(emit, 'warning', 'commit', 'QUEUE_LIST_UNREADABLE', { branch: delivery.branch }, message);
  }
  const trust = { keyed, ours: new Set(filesTouched(delivery)), listed: found === 'unreadable' ? [] : found };
  const now = world.clock.now();
  return (intent, holds) => intent.id === ownId || (!replayed.has(intent.id) && mayLand(intent, trust, holds, now));
}

/** Beaten, or denied: the same tip after several refusals of our change alone means denied. */
function refused(writer: QueuedWriter, seen: BranchLook, code: string, said: string): undefined {
  const { world, delivery, looked } = writer.landing;
  const { repo, branch } = delivery;
  const count = writer.refused.count + 1;
  writer.refused = { tip: seen.tip, count };
  if (count > refusalsBelieved) {
    const peer = { code, retryable: false, text: said === '' ? undefined : said };
    throw new TagboatError('PUSH_DENIED', { repo, branch }, { peer });
  }
  // Others than the queue's writers push here too: meeting them again at once helps nobody.
  writer.restMs = Math.round(world.random() * Math.max(50, looked.tripMs * 2));
  return undefined;
}

function withOwn(intents: BranchLook['intents'], { intent, oid }: OwnIntent): Map<string, ObjectId> {
  const some = new Map([...intents].slice(0, mostLinks));
  return some.has(intent.id) ? some : new Map([...some, [intent.id, oid]]);
}
