import type { CommitOutcome } from '../../plan/outcome.ts';
import { WireFailure } from '../../wire/failure.ts';
import { commitsOnto, commitsSince, type HistoryCommit } from '../../wire/git/ancestry.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import type { GitRemote } from '../../wire/git/remote.ts';
import { backoff, momentMs, passes, tellWait } from '../../wire/retry.ts';
import { valuesFound } from '../edit/rewrite.ts';
import { decideOnTip, type Landing, landedOutcome } from '../land/landing.ts';
import { findLandedPush, sendPush } from '../land/push-commit.ts';
import type { BranchLook } from '../repo/config-repo.ts';
import { intentId } from '../repo/layout.ts';
import type { Intent } from './intent.ts';
import type { OwnIntent, QueuedWriter, QueueEnd } from './writer.ts';

/** Beyond the writer's own deadline, so that a clock that is a little off doesn't expire it under its feet. */
const expiryMs = 60_000;

/** Pushes in a row that get no usable answer until the host is given up, unless it is one that passes. */
const lossesBorne = 6;

/** A stopped run has three seconds left in all: a host that asks for a longer wait keeps the intent. Milliseconds. */
const mostEndingMs = 2_000;

/** Publishes our change as an intent on a ref of its own. `noQueue` when the server refuses such a ref. */
export async function publish(writer: QueuedWriter, seen: BranchLook): Promise<QueueEnd | undefined> {
  const { landing, intentRefs } = writer;
  const { world, delivery, deadline } = landing;
  // The intent says which value it replaces, so one that was read on an earlier tip is as good: where it is another by
  // now, nobody lands it and the branch is read again.
  const next =
    writer.basis === undefined ? await decideOnTip(landing, seen.tip) : { is: 'made' as const, made: writer.basis };
  writer.basis = undefined;
  if (next.is === 'ended') return next.outcome;
  const { made } = next;
  const now = world.clock.now();
  const id = intentId(now, world.random);
  const { message, author, committer, branch } = delivery;
  const found = valuesFound(made.rewriting, delivery.edits);
  const intent: Intent = {
    ...{ id, branch, on: seen.tip, author, committer, publishedAt: now, expiresAt: deadline + expiryMs },
    message: withTrailer(message, id),
    edits: delivery.edits.map((edit, at) => ({ ...edit, expects: found[at] })),
    holds: made.holds,
  };
  const draft = intentRefs.draft(intent);
  if (draft === undefined) return 'tooLarge';
  const own: OwnIntent = { intent, oid: draft.oid, made, taken: false };
  writer.own = own;
  writer.standing = { is: 'waiting', id };
  // Without an answer it may have arrived: the next look tells, and until then it counts as published.
  const sent = world.clock.now();
  const taken = await sendPush(world, draft.publish);
  writer.publishMs = world.clock.now() - sent;
  if (taken instanceof WireFailure && !isRefusal(taken)) return lose(writer, taken);
  writer.losses = { count: 0, last: undefined };
  own.taken = taken === true;
  if (own.taken) return undefined;
  writer.own = undefined;
  return 'noQueue';
}

/** The host said plainly that it won't have it: neither a fault of its own nor too much at the moment. */
export function isRefusal({ status, retryable }: WireFailure): boolean {
  return status !== undefined && status < 500 && !retryable;
}

/** After a push without a usable answer: waits longer each time, at most 20 seconds unless the host asks for more. Throws it in the end. */
export function lose(writer: QueuedWriter, failure: WireFailure): undefined {
  const { world, deadline } = writer.landing;
  const count = writer.losses.count + 1;
  writer.losses = { count, last: failure };
  // Half of each wait is fixed, so that the pushes within a landing's time are few however the dice fall.
  const half = { baseMs: 125, capMs: 10_000 };
  const leastMs = Math.min(half.capMs, half.baseMs * 2 ** (count - 1));
  writer.restMs = leastMs + backoff(count, failure, { random: world.random, ...half });
  const given = count >= lossesBorne && !passes(failure);
  const left = deadline - world.clock.now();
  if (given || writer.restMs > left) throw failure;
  if (writer.restMs >= momentMs) tellWait(world.notice, failure, writer.restMs, left);
}

/**
 * Our intent is gone from its ref: landed by another writer, or removed. The commit that landed it carries its id.
 * `noQueue` when it is not gone, but never shown.
 */
export async function findOwnCommit(writer: QueuedWriter, seen: BranchLook): Promise<QueueEnd | undefined> {
  const { landing, own } = writer;
  writer.standing = { is: 'beaten' };
  if (own === undefined) return undefined;
  const outcome = await landedBefore(landing, own, seen.tip);
  if (outcome !== undefined) {
    writer.own = undefined;
    return outcome;
  }
  // A ref that can still be deleted was there all the time: this host hides it from readers, and so from everybody
  // who could land it.
  if (own.taken && (await withdraw(writer))) return 'noQueue';
  writer.own = undefined;
  return undefined;
}

/** How our change landed, where the branch has a commit of it: by its intent, or by an earlier push of ours. */
export async function landedBefore(
  landing: Landing,
  { intent, made }: OwnIntent,
  tip: ObjectId,
): Promise<CommitOutcome | undefined> {
  const { remote } = landing.repo;
  const commits = await commitsOnto(remote, tip, made.on);
  const line = trailerOf(intent.id);
  for (const [id, { parents, message }] of commits ?? []) {
    if (!message.split('\n').includes(line)) continue;
    const outcome = landedOutcome(landing, made);
    return outcome.is === 'landed' ? { ...outcome, commit: id, parent: parents[0] ?? made.on } : outcome;
  }
  const won = await findLandedPush(remote, tip, landing.pushes, true);
  return won && landedOutcome(landing, won);
}

/** Which of these intents the branch has already (a ref was put back), or may have. */
export async function landedAlready(
  remote: GitRemote,
  tip: ObjectId,
  intents: readonly Intent[],
): Promise<ReadonlySet<string>> {
  const since = new Map<ObjectId, HistoryCommit>();
  const starts = new Set([tip]);
  const doubtful = new Set<string>();
  for (const { id, on } of intents) {
    // What came after a commit that is known to have come later is here too.
    if (on !== undefined && (starts.has(on) || since.has(on))) continue;
    const commits = on === undefined ? undefined : await commitsSince(remote, tip, on);
    if (on === undefined || commits === undefined) doubtful.add(id);
    else {
      starts.add(on);
      for (const [commit, parts] of commits) since.set(commit, parts);
    }
  }
  const lines = new Set([...since.values()].flatMap(({ message }) => message.split('\n')));
  return new Set(intents.map(({ id }) => id).filter((id) => doubtful.has(id) || lines.has(trailerOf(id))));
}

/** Removes our intent's ref. True when nothing of ours waits any more; false where the next look has to tell. */
export async function withdraw(writer: QueuedWriter): Promise<boolean> {
  return (await remove(writer)) === true;
}

/** The same for a landing that fails, and so perhaps on a host that does: what passes within seconds is tried again. */
export async function withdrawInTheEnd(writer: QueuedWriter): Promise<boolean> {
  const { clock, random } = writer.landing.world;
  for (let tries = 1; ; tries++) {
    const removed = await remove(writer).catch((error: unknown) => error);
    if (typeof removed === 'boolean') return removed;
    const waitMs = backoff(tries, removed, { random, baseMs: 200 });
    if (tries === 3 || !passes(removed) || waitMs > mostEndingMs) return false;
    await clock.sleep(waitMs);
  }
}

/** As `withdraw`, with the failure where there was no usable answer. */
async function remove(writer: QueuedWriter): Promise<boolean | WireFailure> {
  const { landing, intentRefs, own } = writer;
  if (own === undefined) return true;
  const removed = await sendPush(landing.world, (signal) => intentRefs.withdraw(own.intent.id, own.oid, signal));
  if (removed === true) writer.own = undefined;
  return removed;
}

function trailerOf(id: string): string {
  return `Tagboat-Intent: ${id}`;
}

/** The message with the intent's trailer, in the block of trailers if it ends in one (git-interpret-trailers). */
function withTrailer(message: string, id: string): string {
  const text = message.trimEnd();
  const last = text.split('\n\n').at(-1) ?? '';
  const block = text.includes('\n\n') && last.split('\n').every((line) => /^[A-Za-z][A-Za-z0-9-]*: |^\s/.test(line));
  return `${text}${block ? '\n' : '\n\n'}${trailerOf(id)}\n`;
}
