import { ByteReader } from '../../wire/git/pack/bytes.ts';
import { type ObjectId, zeroId } from '../../wire/git/pack/object.ts';
import { openPack } from '../../wire/git/pack/pack.ts';
import { type Objects, unpack } from '../../wire/git/pack/unpack.ts';
import { isTaken, type RefUpdate } from '../../wire/git/push.ts';
import type { GitRemote } from '../../wire/git/remote.ts';
import { Secret } from '../../wire/secret.ts';
import type { World } from '../../wire/world.ts';
import { intentPrefix } from '../repo/layout.ts';
import { type Intent, longestIntent, readIntent, writeIntent } from './intent.ts';

/** The intents on one branch's refs, as a writer reads, adds and removes them. */
export interface IntentRefs {
  /** The intents behind these refs, by id; undefined for one that can't be read. What was read once stays read. */
  read(refs: ReadonlyMap<string, ObjectId>): Promise<ReadonlyMap<string, Intent | undefined>>;
  /** The intent as an object of known id, to be put on its ref. */
  draft(intent: Intent): IntentDraft;
  /** Deletes an intent's ref if it is still there. False when it wasn't: it may have landed. Throws WireFailure. */
  withdraw(id: string, oid: ObjectId, signal: AbortSignal): Promise<boolean>;
  /** The update that deletes an intent's ref, for a push that lands it. */
  removal(id: string, oid: ObjectId): RefUpdate;
}

/** An intent about to be published: its id is known before anything is sent. */
export interface IntentDraft {
  readonly oid: ObjectId;
  /** Makes the intent's ref. False when the server refused, in whatever words. Throws WireFailure. */
  publish(signal: AbortSignal): Promise<boolean>;
}

/** Where all writers share a key, intents without its code are nobody's. */
export function queueKeyIn(world: World): Secret | undefined {
  const key = world.env.TAGBOAT_QUEUE_KEY;
  if (key === undefined || key === '') return undefined;
  world.mask(key);
  return new Secret(key, 'TAGBOAT_QUEUE_KEY');
}

export function openIntentRefs(remote: GitRemote, branch: string, key: Secret | undefined): IntentRefs {
  const known = new Map<ObjectId, Intent | undefined>();
  const refOf = (id: string): string => `${intentPrefix(branch)}${id}`;
  const removal = (id: string, oid: ObjectId): RefUpdate => ({
    ref: refOf(id),
    from: oid,
    to: zeroId(remote.format()),
  });

  return {
    read: async (refs) => {
      const fresh = [...refs].filter(([, oid]) => !known.has(oid));
      if (fresh.length > 0) {
        const objects = await fetchCommits(
          remote,
          fresh.map(([, oid]) => oid),
        );
        for (const [id, oid] of fresh) {
          const commit = objects.get(oid);
          known.set(oid, commit?.type === 'commit' ? readIntent(commit.content, id, branch, key) : undefined);
        }
      }
      return new Map([...refs].map(([id, oid]) => [id, known.get(oid)]));
    },
    draft: (intent) => {
      const { commit, tree } = writeIntent(intent, remote.format(), key);
      known.set(commit.id, intent);
      const update = { ref: refOf(intent.id), from: zeroId(remote.format()), to: commit.id };
      return {
        oid: commit.id,
        publish: async (signal) =>
          isTaken(await remote.push([update], [{ object: commit }, { object: tree }], signal), [update]),
      };
    },
    withdraw: async (id, oid, signal) => {
      const update = removal(id, oid);
      return isTaken(await remote.push([update], [], signal), [update]);
    },
    removal,
  };
}

/** The commits alone, all in one request. One that is larger than any intent is passed over. */
async function fetchCommits(remote: GitRemote, ids: readonly ObjectId[]): Promise<Objects> {
  const format = remote.format();
  const objects: Objects = new Map();
  const filter = (remote.known()?.filter ?? true) ? { filter: 'tree:0' } : {};
  await remote.fetch({ wants: ids, depth: 1, ...filter }, async (pack) => {
    const limit = () => longestIntent;
    const { entries } = await openPack(new ByteReader(pack), { format, limit, oversized: 'skip' });
    await unpack(entries, objects, { format, budget: (longestIntent + 1_024) * ids.length });
  });
  return objects;
}
