import type { Peer } from '../../errors.ts';
import type { HoldChange } from '../../plan/holds.ts';
import { WireFailure } from '../../wire/failure.ts';
import { commitsOnto, type HistoryCommit } from '../../wire/git/ancestry.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import type { NewObject } from '../../wire/git/pack/pack.ts';
import type { PushReport } from '../../wire/git/push.ts';
import type { GitRemote } from '../../wire/git/remote.ts';
import { withGrace } from '../../wire/grace.ts';
import type { World } from '../../wire/world.ts';
import type { Rewriting } from '../edit/rewrite.ts';
import type { ConfigRepo } from '../repo/config-repo.ts';
import type { CommitObjects } from './commit-objects.ts';

/** A commit made on a tip, with the changes it holds. */
export interface MadeCommit {
  /** Its message, where it isn't the delivery's own. */
  readonly message?: string | undefined;
  readonly on: ObjectId;
  readonly built: CommitObjects;
  readonly rewriting: Rewriting;
  /** What it does to the holds, with the values that are held. */
  readonly holds?: HoldChange | undefined;
}

/** One try to move the branch to it. */
export interface PushTry extends MadeCommit {
  /** The commit, should it be among these: for a push whose reply was lost. */
  readonly found: (commits: ReadonlyMap<ObjectId, HistoryCommit>) => ObjectId | undefined;
  readonly fate: /** `shown`: the same answer has the branch at it. Else the branch is still to be looked at. */
    | { readonly is: 'taken'; readonly shown?: boolean }
    /** The server said no, in these words. Why, only the branch can tell. */
    /** `stale`: and that the branch isn't where it was read. Then it isn't denied, whatever a look shows. */
    | { readonly is: 'refused'; readonly words: Peer; readonly unpackFailed?: boolean; readonly stale?: boolean }
    /** No usable reply: it may have been taken. */
    | { readonly is: 'lost'; readonly failure: WireFailure };
}

/** After an interrupt a push under way may still take this long: better to know its end than to cut it. */
const graceMs = 10_000;

/**
 * Pushes the commit. The old id is the lock: the branch moves only if it still points at the commit below. Throws
 * WireFailure when the host lets nobody write here with this credential (401, 403).
 */
export async function pushCommit(
  world: World,
  repo: Pick<ConfigRepo, 'remote' | 'ref'>,
  made: MadeCommit,
  from: ObjectId = made.on,
): Promise<PushTry> {
  const { commit, objects } = made.built;
  const fate = await pushRef(world, repo, { from, to: commit, objects });
  return { ...made, fate, found: (commits) => (commits.has(commit) ? commit : undefined) };
}

/** A ref from one commit to another, or from nothing, with what the host lacks for it. */
export interface RefMove {
  readonly from: ObjectId;
  readonly to: ObjectId;
  readonly objects: readonly NewObject[];
}

/** Pushes one ref. Throws WireFailure as `pushCommit` does. */
export async function pushRef(
  world: World,
  repo: Pick<ConfigRepo, 'remote' | 'ref'>,
  { from, to, objects }: RefMove,
): Promise<PushTry['fate']> {
  const report = await sendPush(world, (signal) => repo.remote.push([{ ref: repo.ref, from, to }], objects, signal));
  return report instanceof WireFailure ? { is: 'lost', failure: report } : fateIn(report, repo);
}

/**
 * One push: its answer, or the failure after which only the branch can tell whether it was taken. Throws WireFailure
 * when the host lets nobody write here with this credential (401, 403).
 */
export async function sendPush<T>(world: World, push: (signal: AbortSignal) => Promise<T>): Promise<T | WireFailure> {
  try {
    return await withGrace(graceMs, world, push);
  } catch (error) {
    const denied = error instanceof WireFailure && [401, 403].includes(error.status ?? 0);
    // GitHub's rate limits are 403 too: those pass.
    if (!(error instanceof WireFailure) || (denied && !error.retryable)) throw error;
    return error;
  }
}

function fateIn(report: PushReport, { ref, remote }: Pick<ConfigRepo, 'remote' | 'ref'>): PushTry['fate'] {
  const reason = report.refs.get(ref);
  if (report.unpack !== 'ok' || reason !== undefined) {
    const unpackFailed = report.unpack !== 'ok';
    // Hosts with rules of their own refuse the pack as a whole, and say why behind the ref.
    const said = [unpackFailed && reason !== undefined ? report.unpack : '', report.said].filter((one) => one !== '');
    const text = said.length === 0 ? undefined : said.join('\n');
    return { is: 'refused', words: { code: reason ?? report.unpack, text }, unpackFailed };
  }
  if (report.refs.has(ref)) return { is: 'taken' };
  const message = `the report says nothing about ${ref}`;
  return { is: 'lost', failure: new WireFailure('malformed', remote.url(), { message }) };
}

/**
 * The push among these that the tip or its history holds, by the id it has there. Of those that were refused the history
 * is asked only with `refusedToo`: a host may say so of one that it took, and every beaten push is refused.
 */
export async function findLandedPush(
  remote: GitRemote,
  tip: ObjectId,
  pushes: readonly PushTry[],
  refusedToo = false,
): Promise<MadeCommit | undefined> {
  const there = pushes.find(({ built }) => built.commit === tip);
  if (there !== undefined) return there;
  const doubtful = pushes.filter(({ fate, on }) => (refusedToo || fate.is !== 'refused') && on !== tip);
  const [first] = doubtful;
  if (first === undefined) return undefined;
  const commits = await commitsOnto(remote, tip, first.on);
  if (commits === undefined) return undefined;
  for (const push of doubtful) {
    // By its words, a refused one may be another writer's.
    const isOurs = push.fate.is !== 'refused' || commits.has(push.built.commit);
    const commit = isOurs ? push.found(commits) : undefined;
    if (commit !== undefined) return { ...push, built: { ...push.built, commit } };
  }
  return undefined;
}
