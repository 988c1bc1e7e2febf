/**
 * The decisions of the queue on a config repo's branch, apart from any server or clock. The landing carries them out,
 * and the model in test/model/ explores them for every interleaving of three writers.
 *
 * A writer beaten on the branch publishes its change as an intent, on a ref of its own. Whoever has the turn lands all
 * intents as a chain of commits in one atomic push, which also deletes their refs: of two such pushes only one can win.
 */

/** The branch and its queue, as one `ls-refs` answer shows them. */
export interface QueueView {
  /** The commit the branch points at. */
  readonly tip: string;
  /** Ids of all published intents, in the order in which they are to land. */
  readonly intents: readonly string[];
  /** Those whose writers may still be alive. An old one is landed along with others, but nobody waits for its writer. */
  readonly lively: readonly string[];
}

/** Where one writer's change stands, as far as the writer knows. */
export type WriterStanding =
  | { readonly is: 'fresh' }
  /** A push on the branch lost, or its intent vanished without having landed. */
  | { readonly is: 'beaten' }
  /** Published, or perhaps published: the reply to that push may have been lost. */
  | { readonly is: 'waiting'; readonly id: string };

/** What a writer does next. */
export type QueueStep =
  | { readonly do: 'pushDirect' }
  | { readonly do: 'publish' }
  | { readonly do: 'combine' }
  /** Look again later; the more are in front, the later. The first waits for those behind it. */
  | { readonly do: 'wait'; readonly place: number }
  /** The intent is gone from its ref: look for its trailer on the branch. */
  | { readonly do: 'confirm' };

/** What a writer in the queue has in mind. */
export type WriterMood =
  /** Others are joining while it has the turn: it lets them, and lands them too. */
  | 'gathering'
  /** It waits for those in front of it. */
  | 'patient'
  /** It has waited for them long enough. */
  | 'impatient';

/**
 * The next step of a writer that has just looked. `queueing` is false where the server has no atomic pushes or refuses
 * such refs. No mood may last for ever: what is safe in each of them doesn't depend on time, only that it ends does.
 */
export function nextQueueStep(
  view: QueueView,
  standing: WriterStanding,
  mood: WriterMood,
  queueing: boolean,
): QueueStep {
  switch (standing.is) {
    case 'fresh':
      // Somebody is in the queue: pushing past it would make its landing lose once more.
      return queueing && view.lively.length > 0 ? { do: 'publish' } : { do: 'pushDirect' };
    case 'beaten':
      return { do: queueing ? 'publish' : 'pushDirect' };
    case 'waiting': {
      if (!view.intents.includes(standing.id)) return { do: 'confirm' };
      const place = view.lively.indexOf(standing.id);
      if (place === 0 && mood === 'gathering') return { do: 'wait', place };
      // Not among the lively any more: it has waited longer than anybody waits for it.
      return place <= 0 || mood === 'impatient' ? { do: 'combine' } : { do: 'wait', place };
    }
  }
}

/** What a combining writer makes of one intent. */
export type IntentFate =
  /** It becomes a commit. */
  | 'land'
  /** Its values are there already: nothing to commit, and nothing left to wait for. */
  | 'settled'
  /** Its time is over: its ref is deleted, and a writer that is still alive decides again. */
  | 'expired'
  /** The value it meant to replace is another one by now: only its own writer may decide what that means. */
  | 'moved'
  /** This writer may not land it with its rights: it stays for its own writer. */
  | 'foreign'
  /** It can't be applied (a missing file, a missing path, unreadable): its own writer will be told why. */
  | 'unfit';

/** Whether the combining push deletes the intent's ref. One that stays never holds up those behind it. */
export function leavesQueue(fate: IntentFate): boolean {
  return fate === 'land' || fate === 'settled' || fate === 'expired';
}

interface Mortal {
  readonly expiresAt: number;
  readonly publishedAt?: number | undefined;
}

/**
 * Milliseconds after which an intent has expired, whatever it says itself. One that is dated as far ahead is of a clock that was
 * wrong: nobody would live to see it end.
 */
export const longestLifeMs = 24 * 60 * 60_000;

/** Whether an intent's time is over: nobody lands it any more, and whoever comes by removes it. */
export function hasExpired({ expiresAt, publishedAt }: Mortal, now: number): boolean {
  return expiresAt <= now || Math.abs(now - (publishedAt ?? now)) >= longestLifeMs;
}

/**
 * An intent's fate from the values it finds. `found` holds the value at each of its paths on the commits before it,
 * undefined where nothing is there; `unfit` when that couldn't be worked out.
 */
export function intentFate(
  intent: Mortal & { readonly edits: readonly { expects: string | undefined; value: string }[] },
  found: readonly (string | undefined)[] | 'unfit',
  now: number,
): IntentFate {
  if (hasExpired(intent, now)) return 'expired';
  if (found === 'unfit') return 'unfit';
  if (intent.edits.every((edit, at) => found[at] === edit.value)) return 'settled';
  return intent.edits.every((edit, at) => found[at] === edit.expects || found[at] === edit.value) ? 'land' : 'moved';
}
