import { TagboatError } from '../../errors.ts';
import type { BranchHistory, FileNow, HistoryRecord, PlaceNow } from '../../plan/history.ts';
import type { HeldPlace } from '../../plan/holds.ts';
import { placeKey } from '../../plan/path.ts';
import type { GitCredential } from '../../plan.ts';
import { type HistoryCommit, newestCommits, sendsFiles } from '../../wire/git/ancestry.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import type { World } from '../../wire/world.ts';
import { filesOf, loadRewrite } from '../edit/rewrite.ts';
import { activeHolds, readHolds } from '../holds/holds.ts';
import { waitingOn } from '../queue/list-waiting.ts';
import { askConfigRepo } from '../repo/ask.ts';
import type { BranchPlace, ConfigRepo } from '../repo/config-repo.ts';
import { recordOf } from './record.ts';

/** What is to be known of a branch. */
export interface HistoryQuestion {
  /** Their values now and their newest writers are looked for. */
  readonly places: readonly HeldPlace[];
  /** Whether the records so far, newest first, are enough. More are read until then, or `most` generations. */
  readonly enough: (records: readonly HistoryRecord[]) => boolean;
  /** Generations that are read by the second step already, where it is known that they won't be too many. */
  readonly many?: number | undefined;
  /** Files that were written whole are looked for too, as far as the records tell. */
  readonly files?: boolean | undefined;
}

/** Generations that are read at most: of a config repo with a hundred deliveries a day, half a year. */
const most = 20_000;
/** The same where the host sends files along with its commits. */
const mostWithFiles = 512;
/** Commits in which the writer of a place is looked for. */
const mostForWriter = 4_096;
/** Places whose change by hand is looked for. */
const mostByHand = 20;
/** Files written whole that are looked for, the newest. */
const mostFiles = 200;

/**
 * What a branch's commits, holds and queue tell: its refs in one request, the values in one or two, and the commits in
 * one or a few that grow, without their files where the host can leave them out. Throws as reading a config repo does.
 */
export async function readBranch(
  world: World,
  place: BranchPlace,
  credential: GitCredential | undefined,
  question: HistoryQuestion,
): Promise<BranchHistory> {
  return askConfigRepo(world, place, credential, async (repo) => {
    const { tip, isNew, intents } = await repo.look();
    // What it would be made of is another branch's.
    if (isNew) return notMade(place, tip, question);
    const waiting = await waitingOn(world, repo, place.branch, intents);
    const [{ records, whole }, now] = await Promise.all([
      readRecords(world, repo, tip, question),
      readValues(repo, tip, question.places),
    ]);
    const files = question.files ? await filesNow(repo, tip, records) : [];
    const { places, changed } = await comparePlaces(repo, records, question.places, now.values);
    const holds = activeHolds(readHolds(now.snapshot, undefined), world.clock.now());
    const subjects = new Map<ObjectId, string>();
    for (const { source } of records) if (source?.subject !== undefined) subjects.set(source.commit, source.subject);
    return {
      ...{ repo: place.repo, branch: place.branch, tip, whole, places, files, holds, waiting, subjects },
      records: records.map((record) => changed.get(record.commit) ?? record),
    };
  });
}

/** A branch that what lands first makes: nothing is there yet. */
function notMade({ repo, branch }: BranchPlace, tip: ObjectId, { places }: HistoryQuestion): BranchHistory {
  const none = { value: undefined, writer: undefined, byHand: false };
  return {
    ...{ repo, branch, tip, whole: true, records: [], subjects: new Map(), holds: [], waiting: [], files: [] },
    places: places.map(({ file, path }) => ({ file, path, ...none })),
  };
}

async function readRecords(
  world: World,
  { remote }: ConfigRepo,
  tip: ObjectId,
  { places, enough, many }: HistoryQuestion,
): Promise<{ readonly records: readonly HistoryRecord[]; readonly whole: boolean }> {
  let records: readonly HistoryRecord[] = [];
  let told = false;
  let taken: unknown;
  // Each step reads what the one before it has read, and more.
  const known = new Map<ObjectId, HistoryRecord>();
  const take = (commits: ReadonlyMap<ObjectId, HistoryCommit>): boolean => {
    taken = commits;
    records = recordsIn(commits, tip, known);
    const withFiles = sendsFiles(remote);
    if (withFiles && !told) {
      told = true;
      world.notice(
        `${remote.url()} can't send commits alone: their folders or files come along, so no more than ${mostWithFiles} are read.`,
      );
    }
    const writers = writersIn(records);
    // What none of so many set was never set by us.
    const isKnown = records.length >= mostForWriter || places.every((one) => writers.has(placeKey(one)));
    return (isKnown && enough(records)) || (withFiles && records.length >= mostWithFiles);
  };
  const commits = (await newestCommits(remote, tip, most, take, many)) ?? new Map();
  if (taken !== commits) take(commits);
  return { records, whole: isWhole(commits, tip) };
}

/**
 * The records of a branch, newest first: its own line by first parents, and behind each merge what that took in, with the
 * merge's time. By the order of the commits and never by their times, which are those of many clocks. Pure.
 */
export function recordsIn(
  commits: ReadonlyMap<ObjectId, HistoryCommit>,
  tip: ObjectId,
  known: Map<ObjectId, HistoryRecord> = new Map(),
): HistoryRecord[] {
  const line: { readonly id: ObjectId; readonly commit: HistoryCommit }[] = [];
  const seen = new Set<ObjectId>();
  for (let id: ObjectId | undefined = tip; id !== undefined && !seen.has(id); ) {
    const commit: HistoryCommit | undefined = commits.get(id);
    if (commit === undefined) break;
    line.push({ id, commit });
    seen.add(id);
    id = commit.parents[0];
  }
  const taken = new Map<ObjectId, ObjectId[]>();
  // The oldest merge first: what it took in came by it, whoever merges it again.
  for (const { id, commit } of line.toReversed()) {
    if (commit.parents.length < 2) continue;
    const own: ObjectId[] = commit.parents.slice(1).filter((one) => !seen.has(one) && commits.has(one));
    // Grows while it is walked.
    for (const one of own) {
      seen.add(one);
      for (const parent of commits.get(one)?.parents ?? [])
        if (!seen.has(parent) && commits.has(parent)) own.push(parent);
    }
    taken.set(id, [...new Set(own)]);
  }
  const read = (id: ObjectId, commit: HistoryCommit, by: HistoryCommit): HistoryRecord => {
    const before = by === commit ? known.get(id) : undefined;
    const record = before ?? recordOf({ id, commit, by });
    if (by === commit) known.set(id, record);
    return record;
  };
  return line.flatMap(({ id, commit }) => [
    read(id, commit, commit),
    ...(taken.get(id) ?? []).map((one) => read(one, commits.get(one) ?? commit, commit)),
  ]);
}

function isWhole(commits: ReadonlyMap<ObjectId, HistoryCommit>, tip: ObjectId): boolean {
  return commits.has(tip) && [...commits.values()].every(({ parents }) => parents.every((one) => commits.has(one)));
}

/** The newest record that set each place. Pure. */
function writersIn(records: readonly HistoryRecord[]): ReadonlyMap<string, HistoryRecord> {
  const writers = new Map<string, HistoryRecord>();
  for (const record of records)
    for (const setting of record.settings) if (!writers.has(placeKey(setting))) writers.set(placeKey(setting), record);
  return writers;
}

/** The values at a commit. */
async function readValues(repo: ConfigRepo, commit: ObjectId, places: readonly HeldPlace[]) {
  const [snapshot, rewrite] = await Promise.all([repo.readPaths(commit, filesOf(places)), loadRewrite()]);
  const values = places.map((place) => {
    if (snapshot.files.get(place.file)?.is !== 'file') return undefined;
    try {
      return rewrite(snapshot, [], [place]).values[0];
    } catch (error) {
      // A path that isn't there, or a file that can't be read: there is no value, and no more to be told of it here.
      if (error instanceof TagboatError) return undefined;
      throw error;
    }
  });
  return { snapshot, values };
}

/** The places with their writers, and the commits by which they became others than ours say. */
async function comparePlaces(
  repo: ConfigRepo,
  records: readonly HistoryRecord[],
  asked: readonly HeldPlace[],
  values: readonly (string | undefined)[],
): Promise<Pick<BranchHistory, 'places'> & { readonly changed: ReadonlyMap<ObjectId, HistoryRecord> }> {
  const writers = writersIn(records);
  const places = asked.map(({ file, path }, at): PlaceNow => {
    const writer = writers.get(placeKey({ file, path }));
    const value = values[at];
    const set = writer && settingAt(writer, { file, path });
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

/** What was written whole and is there yet, by the newest word on each file. */
async function filesNow(repo: ConfigRepo, tip: ObjectId, records: readonly HistoryRecord[]): Promise<FileNow[]> {
  const seen = new Set<string>();
  const found: FileNow[] = [];
  for (const writer of records) {
    const { wrote = [], removed = [] } = writer;
    for (const file of wrote) if (!seen.has(file) && found.length < mostFiles) found.push({ file, writer });
    for (const file of [...wrote, ...removed]) seen.add(file);
  }
  if (found.length === 0) return [];
  const names = found.map(({ file }) => file);
  const { files } = await repo.readPaths(tip, names);
  return found.filter(({ file }) => files.get(file)?.is === 'file');
}

/** What a record says it set a place to. */
function settingAt({ settings }: HistoryRecord, place: HeldPlace): string | undefined {
  return settings.findLast((one) => placeKey(one) === placeKey(place))?.value;
}
