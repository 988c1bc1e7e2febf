import { intentId } from '../../../commit/repo/layout.ts';
import { peerOf, WireFailure } from '../../../wire/failure.ts';
import { asWireFailure, isNo } from '../../../wire/git/failure.ts';
import type { Wanted } from '../../../wire/git/fetch.ts';
import { ByteReader } from '../../../wire/git/pack/bytes.ts';
import { type ObjectId, parseCommit, zeroId } from '../../../wire/git/pack/object.ts';
import { openPack } from '../../../wire/git/pack/pack.ts';
import { type Objects, unpack } from '../../../wire/git/pack/unpack.ts';
import type { RefUpdate } from '../../../wire/git/push.ts';
import type { GitRemote } from '../../../wire/git/remote.ts';
import type { World } from '../../../wire/world.ts';

/** What a host allows, as its own answer to that very question has it. */
export interface HostAnswer {
  readonly asks:
    | 'protocol2'
    | 'byDepth'
    | 'byCommit'
    | 'filesLeftOut'
    | 'anyId'
    | 'push'
    | 'ownRefs'
    | 'lock'
    | 'atomic'
    | 'api';
  readonly is: 'yes' | 'no' | 'unknown';
  /** The host's words, or why nobody knows. */
  readonly said?: string | undefined;
}

/** More of an answer isn't needed to see that a filter was ignored. */
const enoughBytes = 1024 * 1024;
const mostBytes = 64 * 1024 * 1024;

/** What fetches may ask for. Throws WireFailure where the host can't be asked at all. */
export async function askReads(remote: GitRemote, tip: ObjectId): Promise<HostAnswer[]> {
  const { isV2, filter, wantAny } = await remote.ask();
  const ask = async (
    asks: HostAnswer['asks'],
    wanted: Wanted,
    fits: (found: Objects) => boolean,
  ): Promise<HostAnswer> => {
    try {
      return { asks, is: fits(await objectsOf(remote, wanted)) ? 'yes' : 'no' };
    } catch (error) {
      return answerToRefusal(asks, error);
    }
  };
  const has = (found: Objects, ...types: readonly string[]) =>
    found.has(tip) && [...found.values()].every(({ type }) => types.includes(type));
  const onTip = { wants: [tip], depth: 1 };
  const bare = filter ? objectsOf(remote, { ...onTip, filter: 'tree:0' }).catch(() => undefined) : undefined;
  const content = ((await bare) ?? (await objectsOf(remote, onTip))).get(tip)?.content;
  const root = content === undefined ? undefined : parseCommit(content, remote.format()).tree;
  const isFolder = (found: Objects) => root !== undefined && found.get(root)?.type === 'tree';
  const lacks = (asks: HostAnswer['asks'], said: string): HostAnswer => ({ asks, is: 'no', said });
  const noFilter = 'it offers no filters';
  return [
    { asks: 'protocol2', is: isV2 ? 'yes' : 'no' },
    filter
      ? await ask('byDepth', { ...onTip, filter: 'tree:1' }, (found) => has(found, 'commit', 'tree') && isFolder(found))
      : lacks('byDepth', noFilter),
    filter
      ? await ask('byCommit', { ...onTip, filter: 'tree:0' }, (found) => has(found, 'commit'))
      : lacks('byCommit', noFilter),
    filter
      ? await ask('filesLeftOut', { ...onTip, filter: 'blob:none' }, (found) => has(found, 'commit', 'tree'))
      : lacks('filesLeftOut', noFilter),
    !wantAny || root === undefined
      ? lacks('anyId', 'it does not offer it')
      : await ask('anyId', { wants: [root] }, isFolder),
  ];
}

async function objectsOf(remote: GitRemote, wanted: Wanted): Promise<Objects> {
  const found: Objects = new Map();
  const format = remote.format();
  await remote.fetch(wanted, (pack) =>
    asWireFailure(remote, async () => {
      const from = new ByteReader(pack);
      const { entries } = await openPack(from, { format, limit: () => mostBytes, oversized: 'refuse' });
      await unpack(entries, found, { format, budget: mostBytes, enough: () => from.offset > enoughBytes });
    }),
  );
  return found;
}

/**
 * What pushes may do, tried on refs of our own below `refs/tagboat/doctor/`, which are gone afterwards: no branch is
 * touched. Throws WireFailure.
 */
export async function askWrites(world: World, remote: GitRemote, tip: ObjectId): Promise<HostAnswer[]> {
  const none = zeroId(remote.format());
  const folder = `refs/tagboat/doctor/${intentId(world.clock.now(), world.random)}`;
  const [one, other] = [`${folder}-1`, `${folder}-2`];
  const there = () => remote.refs([one, other], 10);
  const push = async (...updates: RefUpdate[]): Promise<string | undefined> => {
    try {
      const { refs, said } = await remote.push(updates, [], world.signal);
      return [...refs.values(), said].find((text) => text !== undefined && text !== '');
    } catch (error) {
      if (!(error instanceof WireFailure)) throw error;
      // What became of it, the refs tell.
      return peerOf(error).text ?? error.message;
    }
  };
  const unknown = (asks: HostAnswer['asks'], said = 'it takes no refs of our own'): HostAnswer => ({
    asks,
    is: 'unknown',
    said,
  });
  try {
    await remote.tryPush();
  } catch (error) {
    return [
      answerToRefusal('push', error),
      ...(['ownRefs', 'lock', 'atomic'] as const).map((asks) => unknown(asks, 'nothing may be pushed')),
    ];
  }
  const mayPush: HostAnswer = { asks: 'push', is: 'yes' };
  try {
    const made = await push({ ref: one, from: none, to: tip });
    const isThere = (await there()).get(one) === tip;
    const own: HostAnswer = {
      asks: 'ownRefs',
      is: isThere ? 'yes' : 'no',
      ...(isThere ? {} : { said: made ?? 'it shows none' }),
    };
    if (!isThere) return [mayPush, own, unknown('lock'), unknown('atomic')];
    // Nothing was ever there: who takes this doesn't look at the old id, which is the lock of everything.
    const wrong = { ref: other, from: tip, to: tip };
    const isAtomic = await remote.isAtomic();
    await push(
      { ref: one, from: tip, to: none },
      { ...wrong, from: `${tip.slice(0, -1)}${tip.endsWith('0') ? '1' : '0'}` },
    );
    const after = await there();
    const lock: HostAnswer = after.has(other)
      ? { asks: 'lock', is: 'no', said: 'a push from another old id was taken' }
      : { asks: 'lock', is: 'yes' };
    const kept = after.get(one) === tip;
    const said = isAtomic === kept ? undefined : `it says ${isAtomic ? 'it is' : 'nothing of it'}`;
    return [mayPush, own, lock, { asks: 'atomic', is: kept ? 'yes' : 'no', ...(said && { said }) }];
  } finally {
    for (const [ref, from] of await there().catch(() => new Map<string, ObjectId>())) {
      await push({ ref, from, to: none });
    }
  }
}

/** A refusal is an answer; what isn't one leaves the question open. */
export function answerToRefusal(asks: HostAnswer['asks'], error: unknown): HostAnswer {
  if (!(error instanceof WireFailure)) throw error;
  const denied = [401, 403, 404].includes(error.status ?? 0) && !error.retryable;
  return { asks, is: isNo(error) || denied ? 'no' : 'unknown', said: peerOf(error).text ?? error.message };
}
