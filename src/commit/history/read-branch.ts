import type { BranchHistory, FileNow, HistoryRecord } from '../../plan/history.ts';
import type { HeldPlace } from '../../plan/holds.ts';
import { placeKey } from '../../plan/path.ts';
import type { GitCredential } from '../../plan.ts';
import { type HistoryCommit, newestCommits, sendsFiles } from '../../wire/git/ancestry.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import type { World } from '../../wire/world.ts';
import { activeHolds, readHolds } from '../holds/holds.ts';
import { waitingOn } from '../queue/list-waiting.ts';
import { askConfigRepo } from '../repo/ask.ts';
import type { BranchPlace, ConfigRepo } from '../repo/config-repo.ts';
import { comparePlaces, type KeptQuestion, readValues, withBacks, writersIn } from './compare-places.ts';
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
  readonly kept?: KeptQuestion | undefined;
}

/** Generations that are read at most: of a config repo with a hundred deliveries a day, half a year. */
const most = 20_000;
/** The same where the host sends files along with its commits. */
const mostWithFiles = 512;
/** Commits in which the writer of a place is looked for. */
const mostForWriter = 4_096;
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
    const waiting = await waitingOn(world, repo, place.branch, intents);
    const [{ records, line, whole }, now] = await Promise.all([
      readRecords(world, repo, tip, question),
      readValues(repo, tip, question.places),
    ]);
    const files = question.files ? await filesNow(repo, tip, records) : [];
    const { places: found, changed } = await comparePlaces(repo, records, question.places, now.values);
    const places = await withBacks(repo, { records, line, places: found }, question.kept);
    const holds = activeHolds(readHolds(now.snapshot, undefined), world.clock.now());
    // That is another branch's.
    if (isNew) return { ...notMade(place, tip, question), base: { places, holds } };
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
): Promise<{
  readonly records: readonly HistoryRecord[];
  readonly line: ReadonlySet<ObjectId>;
  readonly whole: boolean;
}> {
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
  return { records, line: new Set(lineIn(commits, tip).map(({ id }) => id)), whole: isWhole(commits, tip) };
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
  const line = lineIn(commits, tip);
  const seen = new Set(line.map(({ id }) => id));
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

/** The branch's own line, by first parents, newest first. Pure. */
function lineIn(commits: ReadonlyMap<ObjectId, HistoryCommit>, tip: ObjectId) {
  const line = new Map<ObjectId, { readonly id: ObjectId; readonly commit: HistoryCommit }>();
  for (let id: ObjectId | undefined = tip; id !== undefined && !line.has(id); ) {
    const commit: HistoryCommit | undefined = commits.get(id);
    if (commit === undefined) break;
    line.set(id, { id, commit });
    id = commit.parents[0];
  }
  return [...line.values()];
}

function isWhole(commits: ReadonlyMap<ObjectId, HistoryCommit>, tip: ObjectId): boolean {
  return commits.has(tip) && [...commits.values()].every(({ parents }) => parents.every((one) => commits.has(one)));
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
