import type { BranchHistory, HistoryRecord, PlaceNow } from '../../plan/history.ts';
import type { HeldPlace } from '../../plan/holds.ts';
import { lastAt, placeKey } from '../../plan/path.ts';
import type { DeliveryStanding, Obstacle, PlaceStanding } from '../../plan/where.ts';
import type { Relation } from '../../wire/git/ancestry.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import type { Kinship } from '../order/lineage.ts';

/** Deliveries that are gone back through to learn since when a commit is there. */
const mostSteps = 40;

/** What another commit of the app repo is to the one that is asked about. */
export type KinOf = (commit: ObjectId) => Promise<Kinship>;

/** A delivery of the config, as it is asked about. */
export interface Environment {
  readonly delivery: string;
  readonly places: readonly (HeldPlace & { readonly service: string })[];
  /** Where the delivery writes files for pull requests, which are places too: whose, and when the commit was made (ISO 8601). */
  readonly writes?: { readonly app: string; readonly since: string | undefined } | undefined;
  /** Set where the delivery takes no branch or tag that has the commit. */
  readonly notTaken: Extract<Obstacle, { is: 'notTaken' }> | undefined;
}

/**
 * Whether a commit is in an environment: every place's value is from it or from a descendant of it. By the app repo's
 * history, never by times. What is in the way is told as far as git tells it.
 */
export async function standingOf(
  history: BranchHistory,
  environment: Environment,
  commit: ObjectId,
  kinOf: KinOf,
): Promise<DeliveryStanding> {
  const { delivery, places: asked } = environment;
  const { repo, branch } = history;
  const known = new Map(history.places.map((place) => [placeKey(place), place]));
  let unclear: string | undefined;
  const places: PlaceStanding[] = [];
  for (const { service, ...place } of asked) {
    const now = known.get(placeKey(place)) ?? { ...place, value: undefined, writer: undefined, byHand: false };
    const from = commitBehind(now);
    const kin = from === undefined ? undefined : await kinOf(from);
    if (kin?.is === 'unknown') unclear = kin.why;
    const is = kin?.is ?? 'unknown';
    const since = has(is) ? await thereSince(history.records, now, kinOf) : undefined;
    places.push({ ...now, service, from, is, since });
  }
  const previews = environment.writes && (await previewsWith(history, environment, kinOf));
  const isMissed = previews?.places.length === 0;
  places.push(...(previews?.places ?? []));
  if (isMissed) unclear ??= previews.unclear;
  const there = places.filter(({ is }) => has(is));
  // Where the value is gone, or all commits were read and none of ours set it, it is known not to be there.
  const never = ({ value, writer, from }: PlaceStanding): boolean =>
    value === undefined || (history.whole && writer === undefined && from === undefined);
  const isUnknown =
    there.length === 0 &&
    (places.some((one) => one.is === 'unknown' && !never(one)) || (isMissed && unclear !== undefined));
  const is =
    places.length > 0 && there.length === places.length && !isMissed
      ? 'there'
      : there.length > 0
        ? 'partly'
        : isUnknown
          ? 'unknown'
          : 'notThere';
  const obstacles = is === 'there' ? [] : await obstaclesOf(history, environment, { places, commit, kinOf, unclear });
  return { delivery, repo, branch, is, places, obstacles };
}

/** A preview with a commit was written after that was made, but for clocks that differ. */
const slackMs = 86_400_000;

/** The files of pull requests that have the commit, as places without a path; and why nobody can tell of the others. */
async function previewsWith(
  { files, records, whole }: BranchHistory,
  { delivery, writes }: Environment,
  kinOf: KinOf,
): Promise<{ readonly places: readonly PlaceStanding[]; readonly unclear: string | undefined }> {
  const { app, since = '' } = writes ?? {};
  const own = files.filter(({ writer }) => writer.delivery === delivery && (writer.app ?? app) === app);
  const reached = records.at(-1)?.landedAt ?? '';
  const isAll = whole || Date.parse(reached) < Date.parse(since) - slackMs;
  let unclear = isAll ? undefined : `no more than what was written since ${reached} was looked through`;
  const places: PlaceStanding[] = [];
  for (const { file, writer } of own) {
    const from = writer.source?.commit;
    const kin = from === undefined ? undefined : await kinOf(from);
    if (kin === undefined || kin.is === 'unknown') unclear ??= kin?.why ?? `${file} says nothing of its commit`;
    if (kin === undefined || !has(kin.is)) continue;
    const at = { commit: writer.commit, at: writer.landedAt, orEarlier: false };
    places.push({
      file,
      path: '',
      value: undefined,
      writer,
      byHand: false,
      service: file,
      from,
      is: kin.is,
      since: at,
    });
  }
  return { places, unclear };
}

/** Whether what stands so to a commit has it. */
function has(is: Relation): boolean {
  return is === 'same' || is === 'descendant';
}

/** The commit that a value is from: by the id in the value itself, or else by the trailers of whoever set it. */
export function commitBehind({ value, writer, byHand }: PlaceNow): ObjectId | undefined {
  return value === undefined ? undefined : commitOf(value, byHand ? undefined : writer);
}

/** What runs go by is the value: a trailer may say anything. */
function commitOf(value: string, writer: HistoryRecord | undefined): ObjectId | undefined {
  const ids = new Set(value.match(/(?<![0-9A-Za-z]|sha256:|sha512:)[0-9a-f]{40}(?![0-9A-Za-z])/g));
  return ids.size === 1 ? [...ids][0] : writer?.source?.commit;
}

/** Since when the place has had the commit, as far back as its setters are asked about. */
async function thereSince(
  records: readonly HistoryRecord[],
  place: PlaceNow,
  kinOf: KinOf,
): Promise<PlaceStanding['since']> {
  const key = placeKey(place);
  const setters = records.filter(({ settings }) => settings.some((one) => placeKey(one) === key));
  let found: HistoryRecord | undefined;
  for (const record of setters.slice(0, mostSteps)) {
    const value = lastAt(record.settings, place)?.value ?? '';
    const from = commitOf(value, record);
    if (from === undefined || !has((await kinOf(from)).is)) break;
    found = record;
  }
  if (found === undefined) return undefined;
  return { commit: found.commit, at: found.landedAt, orEarlier: found === setters[mostSteps - 1] };
}

interface Looked {
  readonly places: readonly PlaceStanding[];
  readonly commit: ObjectId;
  readonly kinOf: KinOf;
  readonly unclear: string | undefined;
}

async function obstaclesOf(
  { holds, waiting, records }: BranchHistory,
  { notTaken }: Environment,
  { places, commit, kinOf, unclear }: Looked,
): Promise<Obstacle[]> {
  const without = new Map(places.filter(({ is }) => !has(is)).map((place) => [placeKey(place), place]));
  const found: Obstacle[] = [];
  for (const hold of holds) if (without.has(placeKey(hold))) found.push({ is: 'held', hold });
  for (const [ahead, change] of waiting.entries()) {
    const own = change.change?.edits.some((edit) => without.has(placeKey(edit)));
    const source = change.change?.source;
    if (own && source !== undefined && (source === commit || has((await kinOf(source)).is)))
      found.push({ is: 'waiting', change, ahead });
  }
  const back = [...without.values()].flatMap(({ writer }) => (writer?.is === 'rolledBack' ? [writer] : []));
  const [rollback] = back;
  if (rollback !== undefined && (await cameBefore(records, rollback, without, kinOf)))
    found.push({ is: 'rolledBack', by: rollback.author.name, at: rollback.landedAt, why: rollback.why });
  for (const { byHand, value, file, path, from, writer } of without.values())
    if (value === undefined && writer !== undefined) found.push({ is: 'gone', file, path });
    else if (byHand && writer !== undefined && value !== undefined && from === undefined)
      found.push({ is: 'byHand', file, path, value });
  const other = [...without.values()].find(({ is }) => is === 'diverged')?.from;
  if (other !== undefined) found.push({ is: 'otherLine', from: other });
  if (unclear !== undefined) found.push({ is: 'unknown', why: unclear });
  if (notTaken !== undefined) found.push(notTaken);
  return found.length > 0 ? found : [{ is: 'notDelivered' }];
}

/** Whether the commit had been there before it was gone back from. */
async function cameBefore(
  records: readonly HistoryRecord[],
  rollback: HistoryRecord,
  places: ReadonlyMap<string, unknown>,
  kinOf: KinOf,
): Promise<boolean> {
  const before = records.slice(records.indexOf(rollback) + 1);
  const setters = before.filter(({ settings }) => settings.some((one) => places.has(placeKey(one))));
  for (const { source } of setters.slice(0, mostSteps))
    if (source !== undefined && has((await kinOf(source.commit)).is)) return true;
  return false;
}
