import { fetchCommits } from '../../wire/git/commits.ts';
import { isNo } from '../../wire/git/failure.ts';
import { type ObjectId, zeroId } from '../../wire/git/pack/object.ts';
import { isTaken, type RefUpdate } from '../../wire/git/push.ts';
import type { GitRemote } from '../../wire/git/remote.ts';
import { Secret } from '../../wire/secret.ts';
import type { World } from '../../wire/world.ts';
import { intentPrefix } from '../repo/layout.ts';
import { type Intent, longestIntent, readIntent, repoName, writeIntent } from './intent.ts';

/** The intents on one branch's refs, as a writer reads, adds and removes them. */
export interface IntentRefs {
  /**
   * The intents behind these refs, by id; undefined for one that can't be read. What was read once stays read. Some hosts
   * give out only what refs point to: there, those that landed since the look are left out.
   */
  read(refs: ReadonlyMap<string, ObjectId>): Promise<ReadonlyMap<string, Intent | undefined>>;
  /** The intent as an object of known id, to be put on its ref; undefined for one that no reader would take. */
  draft(intent: Intent): IntentDraft | undefined;
  /** Whether all writers share a key, so that what can be read is one of theirs. */
  readonly keyed: boolean;
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

  const fetchFresh = async (fresh: readonly (readonly [string, ObjectId])[]): Promise<void> => {
    if (fresh.length === 0) return;
    // One that is larger than any intent is passed over.
    const limits = { commit: longestIntent, all: (longestIntent + 1_024) * fresh.length };
    const commits = await fetchCommits(remote, { wants: fresh.map(([, oid]) => oid), depth: 1 }, limits);
    for (const [id, oid] of fresh) {
      const commit = commits.get(oid);
      known.set(oid, commit && readIntent(commit.content, id, branch, key, repoName(remote.url())));
    }
  };

  const stillThere = async (some: readonly [string, ObjectId][]): Promise<[string, ObjectId][]> => {
    const now = await remote.refs([intentPrefix(branch)], 10_000);
    return some.filter(([id, oid]) => known.has(oid) || now.get(refOf(id)) === oid);
  };

  return {
    keyed: key !== undefined,
    read: async (refs) => {
      let there = [...refs];
      for (;;) {
        try {
          await fetchFresh(there.filter(([, oid]) => !known.has(oid)));
          return new Map(there.map(([id, oid]) => [id, known.get(oid)]));
        } catch (error) {
          if (!isNo(error)) throw error;
          const left = await stillThere(there);
          if (left.length === there.length) throw error;
          there = left;
        }
      }
    },
    draft: (intent) => {
      const repo = repoName(remote.url());
      const { commit, tree } = writeIntent({ ...intent, repo }, remote.format(), key);
      const read = readIntent(commit.content, intent.id, branch, key, repo);
      if (read === undefined) return undefined;
      known.set(commit.id, read);
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
