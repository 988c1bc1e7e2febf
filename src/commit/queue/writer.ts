import type { CommitOutcome } from '../../plan/outcome.ts';
import type { WireFailure } from '../../wire/failure.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import type { Landing } from '../land/landing.ts';
import type { MadeCommit } from '../land/push-commit.ts';
import type { BranchLook } from '../repo/config-repo.ts';
import { publishedAt } from '../repo/layout.ts';
import { longestLifeMs, type QueueView, type WriterStanding } from './decisions.ts';
import type { Intent } from './intent.ts';
import type { IntentRefs } from './intent-refs.ts';

/** A writer's own intent, on its ref. */
export interface OwnIntent {
  readonly intent: Intent;
  readonly oid: ObjectId;
  readonly made: MadeCommit;
  /** The server said that it has it. */
  taken: boolean;
}

/** How a landing ends in the queue, or why it has to go on without one. */
export type QueueEnd =
  | CommitOutcome
  /** The server has no place for a queue. */
  | 'noQueue'
  /** The change fits into no intent. */
  | 'tooLarge';

/** A landing that goes through the branch's queue, and what it remembers from one look to the next. */
export interface QueuedWriter {
  readonly landing: Landing;
  readonly intentRefs: IntentRefs;
  standing: WriterStanding;
  own: OwnIntent | undefined;
  /** The branch and the queue's front when they last changed, and when that was. */
  front: string;
  since: number;
  /** Milliseconds that the queue's first had waited then, if nothing was known of it before. */
  waitedMs: number;
  /** A commit of ours that was beaten and not yet published: what it replaces was decided on. */
  basis: MadeCommit | undefined;
  /** The front of the queue that it has read all of, to land it out of its turn. */
  ahead: string;
  /** Writers in the queue when it was last looked at. */
  crowd: number;
  /** Looks after which others were let join, by whoever is first, and when the last such look was. */
  gathered: number;
  joinedAt: number;
  /** Looks since publishing. */
  looks: number;
  /** Milliseconds that publishing took. */
  publishMs: number;
  /** Milliseconds to wait before the next look. */
  restMs: number;
  /** Refused pushes of the whole queue on the tip as it is. */
  refused: { tip: ObjectId; count: number };
  /** Pushes in a row that got no usable answer, and what became of the last one. */
  losses: { count: number; last: WireFailure | undefined };
}

/** A writer that goes to the queue: beaten on the branch, or because others wait there already. */
export function enterQueue(landing: Landing, intentRefs: IntentRefs): QueuedWriter {
  return {
    ...{ landing, intentRefs, basis: landing.made, own: undefined },
    // Whether a push of ours lost or others wait already, the next step is to wait with them.
    standing: { is: 'beaten' },
    ...{ front: '', ahead: '', since: landing.world.clock.now(), waitedMs: 0 },
    ...{ crowd: 0, gathered: 0, joinedAt: 0, looks: 0, publishMs: 0, restMs: 0 },
    refused: { tip: '', count: 0 },
    losses: { count: 0, last: undefined },
  };
}

/** A writer that published longer ago than this is not waited for; its job may be gone. */
const livelyMs = 120_000;

/** Whether the writer of an intent may still be there, by when it published that. */
export function isLively(id: string, now: number): boolean {
  const age = now - (publishedAt(id) ?? 0);
  return age < livelyMs && age > -longestLifeMs;
}

/** What a look means to the queue's decisions at this time. */
export function queueView({ tip, intents }: BranchLook, now: number): QueueView {
  const ids = [...intents.keys()];
  return { tip, intents: ids, lively: ids.filter((id) => isLively(id, now)) };
}
