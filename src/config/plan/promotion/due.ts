import type { BranchHistory, HistoryRecord, PlaceNow } from '../../../plan/history.ts';
import type { HeldPlace } from '../../../plan/holds.ts';
import type { AfterPlan, Candidate, NotYet, PlacePair } from '../../../plan/listed.ts';
import { lastAt, placeKey } from '../../../plan/path.ts';
import type { LiveLook } from '../../../plan/where.ts';
import { openingAt } from './opening.ts';

/** What is known of a delivery with `after` and of the one that it comes after. */
export interface DueFacts {
  readonly delivery: string;
  readonly after: AfterPlan;
  readonly pairs: readonly PlacePair[];
  /** The branches' histories; undefined for one that couldn't be read. */
  readonly from: BranchHistory | undefined;
  readonly to: BranchHistory | undefined;
  /** What Argo CD shows of the first one; undefined where nobody was asked, for `notAsked`. */
  readonly live: readonly LiveLook[] | undefined;
  readonly notAsked: string | undefined;
  /** Whether the first one has an application that could be asked about. */
  readonly isFollowed: boolean;
  /**
   * When the host merged the commits of `broughtBy`, or why it doesn't tell, by the commits: one that isn't there is none that
   * can be told. Undefined where it doesn't matter.
   */
  readonly merged: ReadonlyMap<string, { readonly at: string | undefined } | { readonly why: string }> | undefined;
  /** What the second one's commit is to the first one's where values differ, in the pairs' order; undefined: not asked. */
  readonly kin: readonly ({ readonly is: string; readonly theirs: string; readonly why: string } | undefined)[];
}

/** Whether the values of one delivery are due to be promoted to the next, and why not yet. Pure. */
export function dueOf(facts: DueFacts, now: number): Candidate {
  const { delivery, after, pairs, from, to } = facts;
  const about = { delivery, after: after.name };
  if (from === undefined || to === undefined) {
    const name = from === undefined ? after.name : delivery;
    return ended(about, [{ is: 'unknown', why: `the config repo of ${name} could not be read` }]);
  }
  const placed = pairs.map((pair, at) => {
    return { ...pair, theirs: lastAt(from.places, pair.from), ours: lastAt(to.places, pair.to), kin: facts.kin[at] };
  });
  const differing = placed.filter(({ theirs, ours }) => theirs?.value === undefined || theirs.value !== ours?.value);
  if (differing.length === 0) return ended(about, [{ is: 'nothing' }]);
  const values = differing.map(({ to: { file, path }, theirs, ours }) => ({
    ...{ file, path, now: ours?.value, to: theirs?.value ?? '' },
  }));
  const notYet: NotYet[] = [];
  const landed: string[] = [];
  for (const { from: place, to: target, theirs, kin } of differing) {
    const record = theirs && broughtBy(from, theirs);
    const at = record && landedAt(from.records, record, now);
    const merged = record && facts.merged?.get(record.commit);
    if (theirs?.value === undefined)
      notYet.push({ is: 'unknown', why: `${place.path} in ${place.file} of ${after.name} isn't there` });
    else if (theirs.byHand && theirs.writer !== undefined) notYet.push({ is: 'byHand', ...pick(place) });
    else if (merged !== undefined && 'why' in merged) notYet.push({ is: 'unknown', why: merged.why });
    else if (record === undefined)
      notYet.push({ is: 'unknown', why: `nothing says since when ${place.path} in ${place.file} is what it is` });
    else if (facts.merged !== undefined && merged === undefined)
      notYet.push({ is: 'unknown', why: `nobody was asked when ${record.commit} of ${after.name} was merged` });
    // A commit that was merged as it was has the time at which it was made.
    else if (merged?.at !== undefined && merged.at > (at ?? '')) landed.push(merged.at);
    else if (at !== undefined) landed.push(at);
    else
      notYet.push({
        is: 'unknown',
        why: `the time of ${record.commit} is none that could be, which set ${place.path} in ${place.file}`,
      });
    if (kin?.is === 'descendant') notYet.push({ is: 'older', ...pick(target), theirs: kin.theirs });
    else if (kin?.is === 'diverged') notYet.push({ is: 'otherLine', ...pick(target), theirs: kin.theirs });
    else if (kin?.is === 'unknown') notYet.push({ is: 'unknown', why: kin.why });
  }
  const since = landed.length < differing.length ? undefined : landed.toSorted().at(-1);
  const soaked = since === undefined ? undefined : Date.parse(since) + after.soakMs;
  if (soaked !== undefined && soaked > now) notYet.push({ is: 'soaking', until: new Date(soaked).toISOString() });
  const health = healthOf(facts);
  const opening = openingAt(after, now);
  if (opening.is === 'frozen')
    notYet.push({ is: 'frozen', text: opening.freeze.text, until: iso(opening.until), zone: opening.freeze.zone });
  if (opening.is === 'closed')
    notYet.push({
      is: 'closed',
      opens: opening.opens === undefined ? undefined : iso(opening.opens),
      zone: opening.zone,
    });
  for (const hold of to.base?.holds ?? to.holds) {
    const value = differing.find((one) => placeKey(one.to) === placeKey(hold))?.theirs?.value;
    if (value !== undefined && value !== hold.value) notYet.push({ is: 'held', hold });
  }
  return { ...about, values, since, ...verdict([...notYet, ...health.notYet]), healthy: health.healthy };
}

function ended(about: Pick<Candidate, 'delivery' | 'after'>, notYet: readonly NotYet[]): Candidate {
  return { ...about, values: [], since: undefined, ...verdict(notYet), healthy: undefined };
}

function verdict(notYet: readonly NotYet[]): Pick<Candidate, 'due' | 'notYet'> {
  return { due: notYet.length === 0, notYet };
}

/** An answer that is empty or none is no healthy one. */
function healthOf({ after, live, notAsked, isFollowed }: DueFacts): {
  readonly healthy: boolean | undefined;
  readonly notYet: readonly NotYet[];
} {
  if (!isFollowed) return { healthy: undefined, notYet: [] };
  if (live === undefined || live.length === 0) {
    const why = `whether ${after.name} is healthy can't be told: ${notAsked ?? 'Argo CD shows no application of it'}`;
    return { healthy: undefined, notYet: [{ is: 'unknown', why }] };
  }
  const ill = live.filter(({ is }) => is !== 'healthy');
  const notYet = ill.map(({ application, is: health, why }): NotYet => ({ is: 'unhealthy', application, health, why }));
  return { healthy: ill.length === 0, notYet };
}

/**
 * The commit that brought the value that is there: of others where it came back by theirs, or else the first of ours that set it
 * to that and nothing else since.
 */
export function broughtBy({ records }: BranchHistory, place: PlaceNow): HistoryRecord | undefined {
  if (place.byHand || place.writer === undefined) return undefined;
  if (place.back !== undefined) return records.find(({ commit }) => commit === place.back);
  let since: HistoryRecord | undefined;
  for (const record of records) {
    // A commit of others may have had another value there in between: which files it changed isn't read.
    if (record.is === 'other' && since !== undefined) break;
    const set = lastAt(record.settings, place)?.value;
    if (set === undefined) continue;
    if (set !== place.value) break;
    since = record;
  }
  return since;
}

/** Clocks of those who commit differ, and what was queued has the time of its own writer. */
const slackMs = 600_000;

/**
 * Since when what a record brought has been there, ISO 8601: by its own time or, where that can't be, by the next newer
 * one's that can. None can be before a commit below it; one that is still to come is told as it is, for it is waited for.
 */
function landedAt(records: readonly HistoryRecord[], record: HistoryRecord, now: number): string | undefined {
  const index = records.indexOf(record);
  // What can't be read was read as 1970.
  const timesOf = (some: readonly HistoryRecord[]) =>
    some.map((one) => Date.parse(one.landedAt)).filter((at) => at > 0);
  const below = timesOf(records.slice(index + 1)).reduce((most, at) => (at <= now ? Math.max(most, at) : most), 0);
  const times = timesOf(records.slice(0, index + 1).toReversed());
  const found = times.find((at) => at <= now && at >= below - slackMs) ?? times.find((at) => at > now);
  return found === undefined ? undefined : iso(Math.max(found, below));
}

function pick({ file, path }: HeldPlace): HeldPlace {
  return { file, path };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
