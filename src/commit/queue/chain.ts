import { ifReadable } from '../../errors.ts';
import type { Hold } from '../../plan/holds.ts';
import type { Person } from '../../plan.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import type { NewObject } from '../../wire/git/pack/pack.ts';
import type { RefUpdate } from '../../wire/git/push.ts';
import type { Snapshot } from '../../wire/git/snapshot.ts';
import { filesTouched, type Rewriting, valuesFound } from '../edit/rewrite.ts';
import type { AppliedDelivery, ApplyDelivery } from '../land/apply.ts';
import { type CommitObjects, makeCommitObjects } from '../land/commit-objects.ts';
import { hasExpired, type IntentFate, intentFate, leavesQueue } from './decisions.ts';
import type { Intent } from './intent.ts';

/** One intent that becomes a commit. */
export interface ChainLink {
  readonly intent: Intent;
  readonly built: CommitObjects;
  readonly rewriting: Rewriting;
}

/** Whether an intent may become a commit of this writer's, on the holds before it, and who commits it. */
export interface Landable {
  readonly may: (intent: Intent, holds: readonly Hold[]) => boolean;
  readonly committer: (intent: Intent) => Person;
}

/** Intents as a chain of commits on a tip, each with its own author, message and time. */
export interface IntentChain {
  readonly on: ObjectId;
  readonly links: readonly ChainLink[];
  readonly fates: ReadonlyMap<string, IntentFate>;
}

/** Files of all these intents that a tip can be read for. */
export function filesOfAll(intents: Iterable<Intent | undefined>): string[] {
  const files = new Set<string>();
  for (const intent of intents)
    for (const file of (intent && ifReadable(() => filesTouched(intent))) ?? []) files.add(file);
  return [...files];
}

/**
 * Works out what becomes of each intent on the tip, one after the other. Pure but for the editor that is handed in.
 * `tip` must have been read for `filesOfAll`, and `found` are its holds.
 */
export function chainOf(
  tip: Snapshot,
  found: readonly Hold[],
  intents: ReadonlyMap<string, Intent | undefined>,
  apply: ApplyDelivery,
  now: number,
  landable: Landable,
): IntentChain {
  let here = tip;
  let holds = found;
  const links: ChainLink[] = [];
  const fates = new Map<string, IntentFate>();
  for (const [id, intent] of intents) {
    if (intent === undefined) {
      fates.set(id, 'unfit');
      continue;
    }
    const mine = landable.may(intent, holds);
    const applied = mine ? attempt(here, holds, intent, apply, now) : undefined;
    const fate = mine || hasExpired(intent, now) ? fateIn(applied, intent, now) : 'foreign';
    fates.set(id, fate);
    if (fate !== 'land' || applied === undefined) continue;
    const { rewriting } = applied;
    const built = makeCommitObjects(
      here,
      rewriting.files,
      { ...intent, committer: landable.committer(intent) },
      Math.floor(now / 1_000),
    );
    links.push({ intent, built, rewriting });
    here = built.snapshot;
    holds = applied.holds;
  }
  return { on: tip.commit, links, fates };
}

/** What one atomic push of a chain holds: the branch, the refs it frees, those `leaving` anyhow, each object once. */
export function chainPush(
  chain: IntentChain,
  branch: string,
  leaving: readonly string[],
  removal: (id: string) => RefUpdate,
): { updates: readonly RefUpdate[]; objects: readonly NewObject[] } {
  const last = chain.links.at(-1);
  const move = last === undefined ? [] : [{ ref: branch, from: chain.on, to: last.built.commit }];
  const freed = [...chain.fates]
    .filter(([id, fate]) => leavesQueue(fate) || leaving.includes(id))
    .map(([id]) => removal(id));
  const objects = new Map<ObjectId, NewObject>();
  for (const { built } of chain.links) {
    for (const made of built.objects) if (!objects.has(made.object.id)) objects.set(made.object.id, made);
  }
  return { updates: [...move, ...freed], objects: [...objects.values()] };
}

/** What holds a place, or held it, is for its own writer to decide on, as a value that has moved is. */
function fateIn(applied: AppliedDelivery | undefined, intent: Intent, now: number): IntentFate {
  if (applied === undefined) return intentFate(intent, 'unfit', now);
  const { rewriting, broken, moved } = applied;
  const fate = intentFate(intent, valuesFound(rewriting, intent.edits), now);
  // The values are there, but a hold isn't, or one of them is of another type.
  const lacks = fate === 'settled' && rewriting.files.length > 0;
  if (fate !== 'land' && !lacks) return fate;
  return broken !== undefined || moved ? 'moved' : 'land';
}

/** The intent made on the commit before it, or undefined where it can't be. */
function attempt(
  here: Snapshot,
  holds: readonly Hold[],
  intent: Intent,
  apply: ApplyDelivery,
  now: number,
): AppliedDelivery | undefined {
  const files = ifReadable(() => filesTouched(intent));
  if (files === undefined || files.some((file) => here.files.get(file)?.is !== 'file')) return undefined;
  // Whatever it is about the file or the path, the intent's own writer reads it again and tells its user.
  return ifReadable(() => apply(here, holds, intent, now));
}
