import type { CommitOutcome } from '../../plan/outcome.ts';
import { WireFailure } from '../../wire/failure.ts';
import { commitsSince } from '../../wire/git/ancestry.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import { backoff } from '../../wire/retry.ts';
import { valuesFound } from '../edit/rewrite.ts';
import { draftOn, type Landing, landed } from '../land/landing.ts';
import { type Made, tryPush } from '../land/push.ts';
import type { Look } from '../repo/config-repo.ts';
import { type Intent, intentId } from './intent.ts';
import type { Published } from './published.ts';
import type { Standing } from './queue.ts';

/** Beyond the writer's own deadline, so that a clock that is a little off doesn't expire it under its feet. */
const expiryMs = 60_000;

/** Pushes in a row that get no usable answer until the host is given up. */
const lossesBorne = 6;

/** Our intent on its ref. */
export interface Mine {
  readonly intent: Intent;
  readonly oid: ObjectId;
  readonly made: Made;
  /** The server said that it has it. */
  taken: boolean;
}

/** What a writer in the queue remembers from one look to the next. */
export interface Turn {
  standing: Standing;
  mine: Mine | undefined;
  /** The branch and the queue's front when they last changed, and when that was. */
  front: string;
  since: number;
  /** A commit of ours that was beaten and not yet published: what it replaces was decided on. */
  basis: Made | undefined;
  /** Writers in the queue when it was last looked at. */
  crowd: number;
  /** Looks after which others were let join. */
  gathered: number;
  /** Looks since publishing. */
  looks: number;
  /** Milliseconds that publishing took. */
  publishMs: number;
  /** Milliseconds to wait before the next look. */
  restMs: number;
  /** Refused combining pushes on the tip as it is. */
  refused: { tip: ObjectId; count: number };
  /** Pushes in a row that got no usable answer, and what became of the last one. */
  losses: { count: number; last: WireFailure | undefined };
}

/** Publishes our change as an intent on a ref of its own. `noQueue` when the server refuses such a ref. */
export async function publish(
  landing: Landing,
  published: Published,
  turn: Turn,
  look: Look,
): Promise<CommitOutcome | 'noQueue' | undefined> {
  const { world, delivery, deadline } = landing;
  // The intent says which value it replaces, so one that was read on an earlier tip is as good: where it is another by
  // now, nobody lands it and the branch is read again.
  const next = turn.basis === undefined ? await draftOn(landing, look.tip) : { is: 'made' as const, made: turn.basis };
  turn.basis = undefined;
  if (next.is === 'ended') return next.outcome;
  const { made } = next;
  const now = world.clock.now();
  const id = intentId(now, world.random);
  const { message, author, committer, branch } = delivery;
  const found = valuesFound(made.rewriting, delivery.edits);
  const intent: Intent = {
    ...{ id, branch, author, committer, publishedAt: now, expiresAt: deadline + expiryMs },
    message: withTrailer(message, id),
    edits: delivery.edits.map((edit, at) => ({ ...edit, expects: found[at] })),
    ...(made.holds === undefined ? {} : { holds: made.holds }),
  };
  const draft = published.draft(intent);
  const mine: Mine = { intent, oid: draft.oid, made, taken: false };
  turn.mine = mine;
  turn.standing = { is: 'waiting', id };
  // Without an answer it may have arrived: the next look tells, and until then it counts as published.
  const sent = world.clock.now();
  const taken = await tryPush(world, draft.publish);
  turn.publishMs = world.clock.now() - sent;
  if (taken instanceof WireFailure && !isRefusal(taken)) return lose(landing, turn, taken);
  turn.losses = { count: 0, last: undefined };
  mine.taken = taken === true;
  if (mine.taken) return undefined;
  turn.mine = undefined;
  return 'noQueue';
}

/** The host said plainly that it won't have it: neither a fault of its own nor too much at the moment. */
export function isRefusal({ status, retryable }: WireFailure): boolean {
  return status !== undefined && status < 500 && !retryable;
}

/** After a push without a usable answer: waits longer each time, at least as long as the host asks. Throws it in the end. */
export function lose({ world, deadline }: Landing, turn: Turn, failure: WireFailure): undefined {
  const count = turn.losses.count + 1;
  turn.losses = { count, last: failure };
  turn.restMs = backoff(count, failure, { random: world.random });
  if (count >= lossesBorne || world.clock.now() + turn.restMs > deadline) throw failure;
}

/**
 * Our intent is gone from its ref: landed by another writer, or removed. The commit that landed it carries its id.
 * `noQueue` when it is not gone, but never shown.
 */
export async function confirm(
  landing: Landing,
  published: Published,
  turn: Turn,
  look: Look,
): Promise<CommitOutcome | 'noQueue' | undefined> {
  const { mine } = turn;
  turn.standing = { is: 'beaten' };
  if (mine === undefined) return undefined;
  const commits = await commitsSince(landing.repo.remote, look.tip, mine.made.on);
  const line = trailerOf(mine.intent.id);
  for (const [id, { parents, message }] of commits ?? []) {
    if (!message.split('\n').includes(line)) continue;
    turn.mine = undefined;
    const outcome = landed(landing, mine.made);
    return outcome.is === 'landed' ? { ...outcome, commit: id, parent: parents[0] ?? mine.made.on } : outcome;
  }
  // A ref that can still be deleted was there all the time: this host hides it from readers, and so from everybody
  // who could land it.
  if (mine.taken && (await withdraw(landing, published, turn))) return 'noQueue';
  turn.mine = undefined;
  return undefined;
}

/**
 * Removes our intent's ref. True when nothing of ours waits any more; false when it was gone before, or the reply was
 * lost: the next look tells.
 */
export async function withdraw({ world }: Landing, published: Published, turn: Turn): Promise<boolean> {
  const { mine } = turn;
  if (mine === undefined) return true;
  const removed = await tryPush(world, (signal) => published.withdraw(mine.intent.id, mine.oid, signal));
  if (removed !== true) return false;
  turn.mine = undefined;
  return true;
}

/** The same for a landing that fails, and so perhaps on a host that does. False too when it never answered. */
export async function withdrawInTheEnd(landing: Landing, published: Published, turn: Turn): Promise<boolean> {
  const { clock, random } = landing.world;
  for (let tries = 1; ; tries++) {
    try {
      return await withdraw(landing, published, turn);
    } catch {
      if (tries === 3) return false;
      await clock.sleep(backoff(tries, undefined, { random, baseMs: 200 }));
    }
  }
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
