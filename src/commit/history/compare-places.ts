import { ifReadable } from '../../errors.ts';
import type { BranchHistory, HistoryRecord, PlaceNow } from '../../plan/history.ts';
import type { HeldPlace } from '../../plan/holds.ts';
import { lastAt, placeKey } from '../../plan/path.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import { filesOf, loadRewrite } from '../edit/rewrite.ts';
import type { ConfigRepo } from '../repo/config-repo.ts';

/** Since when places must have been as they are: up to then it is looked through whether others changed them and back. */
export interface KeptQuestion {
  readonly places: readonly HeldPlace[];
  /** Milliseconds. */
  readonly since: number;
}

/** Places whose change by hand is looked for. */
const mostByHand = 20;
/** Commits of others of which it is read whether they have another value: one that is further back counts as the change. */
const mostBetween = 64;

/** The newest record that set each place. Pure. */
export function writersIn(records: readonly HistoryRecord[]): ReadonlyMap<string, HistoryRecord> {
  const writers = new Map<string, HistoryRecord>();
  for (const record of records)
    for (const setting of record.settings) if (!writers.has(placeKey(setting))) writers.set(placeKey(setting), record);
  return writers;
}

/** The values at a commit. */
export async function readValues(repo: ConfigRepo, commit: ObjectId, places: readonly HeldPlace[]) {
  const [snapshot, rewrite] = await Promise.all([repo.readPaths(commit, filesOf(places)), loadRewrite()]);
  const values = places.map((place) => {
    if (snapshot.files.get(place.file)?.is !== 'file') return undefined;
    // A path that isn't there, or a file that can't be read: there is no value, and no more to be told of it here.
    return ifReadable(() => rewrite(snapshot, [], [place]).values[0]);
  });
  return { snapshot, values };
}

/** The places with their writers, and the commits by which they became others than ours say. */
export async function comparePlaces(
  repo: ConfigRepo,
  records: readonly HistoryRecord[],
  asked: readonly HeldPlace[],
  values: readonly (string | undefined)[],
): Promise<Pick<BranchHistory, 'places'> & { readonly changed: ReadonlyMap<ObjectId, HistoryRecord> }> {
  const writers = writersIn(records);
  const places = asked.map(({ file, path }, at): PlaceNow => {
    const writer = writers.get(placeKey({ file, path }));
    const value = values[at];
    const set = writer && lastAt(writer.settings, { file, path })?.value;
    return { file, path, value, writer, byHand: value !== undefined && value !== set };
  });
  const changed = new Map<ObjectId, HistoryRecord>();
  for (const place of places.filter(({ byHand, writer }) => byHand && writer !== undefined).slice(0, mostByHand)) {
    const found = await changeOf(place, records, async (commit) => (await readValues(repo, commit, [place])).values[0]);
    if (found === undefined || place.value === undefined) continue;
    const { file, path, value } = place;
    const before = changed.get(found.commit)?.settings ?? [];
    changed.set(found.commit, { ...found, is: 'byHand', settings: [...before, { file, path, value }] });
  }
  return { places, changed };
}

/** The places with the commits of others by which they came back to what ours had set, as far back as is asked. */
export async function withBacks(
  repo: ConfigRepo,
  { records, line, places }: Pick<BranchHistory, 'records' | 'places'> & { readonly line: ReadonlySet<ObjectId> },
  kept: KeptQuestion | undefined,
): Promise<readonly PlaceNow[]> {
  const asked = new Set(kept?.places.map(placeKey));
  const backs = new Map<PlaceNow, ObjectId>();
  const between = records.flatMap(({ is, commit }, at) => (is === 'other' && line.has(commit) ? [{ commit, at }] : []));
  let open = places.filter((one) => asked.has(placeKey(one)) && !one.byHand && one.writer !== undefined);
  for (const [index, { commit, at }] of between.entries()) {
    const newer = between[index - 1];
    open = open.filter(({ writer }) => records.findIndex((one) => one.commit === writer?.commit) > at);
    if (open.length === 0) break;
    // The newest one's values are the tip's, for ours above it set none of them.
    if (newer === undefined) continue;
    // Nothing was there before what is below it.
    const reached = records.slice(newer.at).map(({ landedAt }) => Date.parse(landedAt));
    if (kept === undefined || reached.every((time) => time <= kept.since)) break;
    const { values } = index > mostBetween ? { values: [] } : await readValues(repo, commit, open);
    for (const [which, place] of open.entries()) if (values[which] !== place.value) backs.set(place, newer.commit);
    open = open.filter((place) => !backs.has(place));
  }
  return places.map((place) => ({ ...place, back: backs.get(place) }));
}

/** A commit of others by which a place came to what it is now, by halving: one question for each doubling of their number. */
async function changeOf(
  place: PlaceNow,
  records: readonly HistoryRecord[],
  valueAt: (commit: ObjectId) => Promise<string | undefined>,
): Promise<HistoryRecord | undefined> {
  const since = records.slice(
    0,
    records.findIndex(({ commit }) => commit === place.writer?.commit),
  );
  let [newest, oldest] = [0, since.length];
  while (oldest - newest > 1) {
    const middle = Math.floor((newest + oldest) / 2);
    const record = since[middle];
    if (record !== undefined && (await valueAt(record.commit)) === place.value) newest = middle;
    else oldest = middle;
  }
  const found = since[newest];
  return found?.is === 'other' ? found : undefined;
}
