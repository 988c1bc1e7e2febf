import { intentId } from '../../../commit/repo/layout.ts';
import { peerOf, WireFailure } from '../../../wire/failure.ts';
import { makeObject, type ObjectId, serialiseCommit, zeroId } from '../../../wire/git/pack/object.ts';
import type { RefUpdate } from '../../../wire/git/push.ts';
import type { GitRemote } from '../../../wire/git/remote.ts';
import type { World } from '../../../wire/world.ts';
import { answerToRefusal, type HostAnswer } from './ask-git.ts';
import { doctorPrefix, removeOwn } from './remove-own.ts';

/** Where pushes are tried, and how what they made is removed. */
export interface WritesAsked {
  readonly tip: ObjectId;
  /** The same host for the time after: a stop, or the end of the time to ask, must not keep refs there. */
  readonly again: () => GitRemote;
  /** Told of each ref that is still there in the end, and why. */
  readonly left: (ref: string, why: string) => void;
}

/**
 * What pushes may do, tried on refs of our own below `refs/tagboat/doctor/`, which are removed afterwards: no branch is
 * touched. Yes and no are what the host itself said of that very ref and shows since. Throws WireFailure.
 */
export async function askWrites(
  world: World,
  remote: GitRemote,
  { tip, again, left }: WritesAsked,
): Promise<HostAnswer[]> {
  const unknown = (asks: HostAnswer['asks'], said = 'it takes no refs of our own'): HostAnswer => ({
    ...{ asks, said },
    is: 'unknown',
  });
  try {
    await remote.tryPush();
  } catch (error) {
    return [
      answerToRefusal('push', error),
      ...(['ownRefs', 'lock', 'atomic'] as const).map((asks) => unknown(asks, 'nothing may be pushed')),
    ];
  }
  const format = remote.format();
  const none = zeroId(format);
  const folder = `${doctorPrefix}${intentId(world.clock.now(), world.random)}`;
  const [one, other] = [`${folder}-1`, `${folder}-2`];
  // In one line, so that rules against going back have no say: the tip, which is there, then first and second.
  const tree = makeObject(format, 'tree', Buffer.alloc(0));
  const who = { name: 'tagboat', email: 'tagboat@localhost', seconds: Math.floor(world.clock.now() / 1_000) };
  const after = (parent: ObjectId) => {
    const words = { author: who, committer: who, message: 'Asked by tagboat doctor --host' };
    return makeObject(format, 'commit', serialiseCommit({ tree: tree.id, parents: [parent], ...words }));
  };
  const first = after(tip);
  const second = after(first.id);
  const objects = [first, second, tree].map((object) => ({ object }));
  /** Where our refs may point by now, the likeliest first. */
  const made = new Map<string, readonly ObjectId[]>();
  const there = () => remote.refs([one, other], 10);
  const push = async (...updates: readonly RefUpdate[]) => {
    const refused = new Map<string, string>();
    let said: string | undefined;
    try {
      const report = await remote.push(updates, objects, world.signal);
      for (const [ref, reason] of report.refs)
        if (report.unpack === 'ok' && reason !== undefined) refused.set(ref, reason);
      said = [report.said, ...refused.values()].find((text) => text !== '');
    } catch (error) {
      if (!(error instanceof WireFailure)) throw error;
      said = peerOf(error).text ?? error.message;
    } finally {
      for (const { ref, to } of updates) if (!refused.has(ref)) made.set(ref, [to, ...(made.get(ref) ?? [])]);
    }
    return { said, refuses: (...refs: readonly string[]) => refs.every((ref) => refused.has(ref)) };
  };
  const lockless: HostAnswer = { asks: 'lock', is: 'no', said: 'a push from another old id was taken' };

  /** Whether the old id is a lock: the bait's is one that the host has, as the id is of a writer who was beaten. */
  const askLock = async (): Promise<HostAnswer> => {
    const bait = await push({ ref: one, from: tip, to: second.id });
    const now = (await there()).get(one);
    if (now === second.id) return lockless;
    return now === first.id && bait.refuses(one) ? { asks: 'lock', is: 'yes' } : unknown('lock', bait.said);
  };

  /** Lock and several refs together: a right and a wrong move must both be refused, and two right ones be taken. */
  const askTogether = async (): Promise<HostAnswer[]> => {
    const lock = await askLock();
    if (lock.is !== 'yes') return [lock, unknown('atomic', 'it needs the lock to be asked')];
    const isAtomic = await remote.isAtomic();
    const right = { ref: one, from: first.id, to: second.id };
    const bait = await push(right, { ref: other, from: tip, to: second.id });
    const now = await there();
    if (now.has(other)) return [lockless, unknown('atomic', 'it needs the lock to be asked')];
    if (now.get(one) === second.id)
      return [lock, { asks: 'atomic', is: 'no', ...(isAtomic && { said: 'it says it is' }) }];
    if (!bait.refuses(one, other)) return [lock, unknown('atomic', bait.said)];
    const both = await push(right, { ref: other, from: none, to: second.id });
    const end = await there();
    return [one, other].every((ref) => end.get(ref) === second.id)
      ? [lock, { asks: 'atomic', is: 'yes', ...(!isAtomic && { said: 'it says nothing of it' }) }]
      : [lock, unknown('atomic', both.said)];
  };

  try {
    const { said } = await push({ ref: one, from: none, to: first.id });
    const isThere = (await there()).get(one) === first.id;
    return [
      { asks: 'push', is: 'yes' },
      { asks: 'ownRefs', is: isThere ? 'yes' : 'no', ...(isThere ? {} : { said: said ?? 'it shows none' }) },
      ...(isThere ? await askTogether() : [unknown('lock'), unknown('atomic')]),
    ];
  } finally {
    await removeOwn(world, again(), made, left);
  }
}
