import { peerOf, WireFailure } from '../../../wire/failure.ts';
import { asWireFailure, isNo } from '../../../wire/git/failure.ts';
import type { Wanted } from '../../../wire/git/fetch.ts';
import { ByteReader } from '../../../wire/git/pack/bytes.ts';
import { type ObjectId, parseCommit } from '../../../wire/git/pack/object.ts';
import { openPack } from '../../../wire/git/pack/pack.ts';
import { type Objects, unpack } from '../../../wire/git/pack/unpack.ts';
import type { GitRemote } from '../../../wire/git/remote.ts';

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

/** A refusal is an answer; what isn't one leaves the question open. */
export function answerToRefusal(asks: HostAnswer['asks'], error: unknown): HostAnswer {
  if (!(error instanceof WireFailure)) throw error;
  const denied = [401, 403, 404].includes(error.status ?? 0) && !error.retryable;
  return { asks, is: isNo(error) || denied ? 'no' : 'unknown', said: peerOf(error).text ?? error.message };
}
