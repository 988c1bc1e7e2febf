import { TagboatError } from '../../errors.ts';
import type { EarlierValues, HeldPlace } from '../../plan/holds.ts';
import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import { type HistoryCommit, newestCommits } from '../../wire/git/ancestry.ts';
import { isObjectId, type ObjectId } from '../../wire/git/pack/object.ts';
import type { World } from '../../wire/world.ts';
import { filesOf, loadRewrite } from '../edit/rewrite.ts';
import { askConfigRepo } from '../repo/ask.ts';
import type { ConfigRepo } from '../repo/config-repo.ts';
import { sourceOf, trailersOf } from './trailers.ts';

/** An earlier state of some places, and what going back to it undoes. */
export interface EarlierState extends EarlierValues {
  /** The config commit that had it. */
  readonly at: ObjectId;
  readonly tip: ObjectId;
}

export interface EarlierOptions {
  readonly to: string;
  /** Values that were set by hand may be crossed. */
  readonly force: boolean;
}

/**
 * Generations of the branch's history: as many as are asked for first, and at most. A few hundred of a repo with many
 * merges may hold most of it, so the number grows only while the target is not among them.
 */
const firstDepth = 32;
const mostDepth = 1_024;
/** As many are asked for to learn where the earlier values came from, which is told but decides nothing. */
const sourceDepth = 256;
/** Commits whose state is read to see whether somebody set a value by hand. */
const mostChecked = 20;

/**
 * The state to go back to: what `to` names (a config commit, or the app repo's commit that was delivered), or with
 * `previous` the one before the newest delivery; the state before a rollback's own target, where that is the newest.
 * Throws ROLLBACK_*, and what reading a config repo throws.
 */
export async function findEarlier(
  world: World,
  place: Pick<DeliveryPlan, 'repo' | 'branch'>,
  places: readonly HeldPlace[],
  credential: GitCredential | undefined,
  options: EarlierOptions,
): Promise<EarlierState> {
  return askConfigRepo(world, place, credential, (repo) => find(repo, place, places, options));
}

/** A commit of the branch's own line, newest first. */
export interface LineCommit extends HistoryCommit {
  readonly id: ObjectId;
  /** What Tagboat says it set, by place; empty for anybody else's commit. */
  readonly set: ReadonlyMap<string, string>;
}

async function find(
  repo: ConfigRepo,
  { repo: url, branch }: Pick<DeliveryPlan, 'repo' | 'branch'>,
  places: readonly HeldPlace[],
  { to, force }: EarlierOptions,
): Promise<EarlierState> {
  const tip = await repo.readTip();
  const readThere = async (commit: ObjectId) => {
    const snapshot = await repo.readFiles(commit, filesOf(places));
    return (await loadRewrite())(snapshot, [], places);
  };
  const read = async (commit: ObjectId): Promise<readonly string[]> => (await readThere(commit)).values;
  const now = await read(tip);
  const { line, from, at } = await search(repo, tip, places, (line, whole) =>
    to === 'previous' ? previous(line, now, read, whole) : named(line, to),
  );
  if (at === undefined) {
    throw to === 'previous'
      ? new TagboatError('ROLLBACK_NOTHING_EARLIER', { repo: url, branch, seen: line.length })
      : new TagboatError('ROLLBACK_TARGET_UNKNOWN', { to, branch, seen: line.length });
  }
  const undone = line.slice(from, indexOf(line, at)).filter(({ set }) => set.size > 0);
  if (!force) await refuseByHand(undone, places, now, read);
  const writer = line.slice(indexOf(line, at)).find(({ set }) => set.size > 0);
  const { values, types } = await readThere(at);
  return {
    ...{ at, tip, now, values, types },
    undone: undone.map(({ id, message }) => {
      return { commit: id, subject: message.split('\n')[0] ?? '', source: sourceOf(message)?.commit };
    }),
    source: writer === undefined ? undefined : sourceText(writer.message),
  };
}

/** Reads ever more of the branch's line, until it has the target and the delivery that brought the values there. */
async function search(
  { remote }: ConfigRepo,
  tip: ObjectId,
  places: readonly HeldPlace[],
  find: (line: readonly LineCommit[], whole: boolean) => Target | Promise<Target>,
): Promise<Target & { readonly line: readonly LineCommit[] }> {
  let best: (Target & { readonly line: readonly LineCommit[] }) | undefined;
  for (let depth = firstDepth; ; depth *= 2) {
    const commits = await newestCommits(remote, tip, depth);
    // Too much to look through: what the step before found is the best there is.
    if (commits === undefined && best !== undefined) return best;
    const line = lineOf(commits ?? new Map(), tip, places);
    const whole = depth >= mostDepth || line.at(-1)?.parents.length === 0;
    const { from, at } = await find(line, whole);
    best = { line, from, at };
    const sourced = at !== undefined && line.slice(indexOf(line, at)).some(({ set }) => set.size > 0);
    if (whole || sourced || (at !== undefined && depth >= sourceDepth)) return best;
  }
}

/** The branch's own line by first parents, and the last one's parent, of which only the id is known. */
export function lineOf(
  commits: ReadonlyMap<ObjectId, HistoryCommit>,
  tip: ObjectId,
  places: readonly HeldPlace[],
): LineCommit[] {
  const line: LineCommit[] = [];
  for (let id: ObjectId | undefined = tip; id !== undefined; ) {
    const commit: HistoryCommit | undefined = commits.get(id);
    if (commit === undefined) break;
    line.push({ ...commit, id, set: settingsIn(commit.message, places) });
    id = commit.parents[0];
  }
  return line;
}

function settingsIn(message: string, places: readonly HeldPlace[]): Map<string, string> {
  const set = new Map<string, string>();
  for (const { key, value } of trailersOf(message)) {
    if (key !== 'Tagboat-Set') continue;
    const place = places.find(({ file, path }) => value.startsWith(`${file}:${path}=`));
    if (place !== undefined) set.set(keyOf(place), value.slice(`${place.file}:${place.path}=`.length));
  }
  return set;
}

interface Target {
  /** Where on the line the undoing begins. */
  readonly from: number;
  readonly at: ObjectId | undefined;
}

/** The state before the newest delivery, or before that to which a rollback went. */
async function previous(
  line: readonly LineCommit[],
  now: readonly string[],
  read: (commit: ObjectId) => Promise<readonly string[]>,
  whole: boolean,
): Promise<Target> {
  let from = 0;
  for (let checked = 0; checked < mostChecked; checked += 1) {
    const writer = line.findIndex(({ set }, index) => index >= from && set.size > 0);
    const found = line[writer];
    if (found === undefined) break;
    const back = trailersOf(found.message).find(({ key }) => key === 'Tagboat-Rollback-To')?.value ?? '';
    const target = line.findIndex(({ id }) => id === back);
    // What a rollback went back to may be further down: without it, its own parent would be taken for the earlier state.
    if (back !== '' && target < 0 && !whole) break;
    if (target > writer) {
      from = target;
      continue;
    }
    const at = found.parents[0];
    if (at === undefined) break;
    // A commit that set what was there already is no step.
    const values = await read(at);
    if (values.some((value, index) => value !== now[index])) return { from: 0, at };
    from = writer + 1;
  }
  return { from: 0, at: undefined };
}

/** The commit of the line that has this id, or that came from the app repo's commit of this id. */
function named(line: readonly LineCommit[], to: string): Target {
  const own = line.find(({ id }) => id === to) ?? line.find(({ parents }) => parents[0] === to);
  if (own !== undefined) return { from: 0, at: own.id === to ? own.id : to };
  const delivered = line.find(({ set, message }) => set.size > 0 && sourceOf(message)?.commit === to);
  return { from: 0, at: isObjectId(to) ? delivered?.id : undefined };
}

/** Throws where a value isn't what the delivery before it says it set: somebody else did, and would be undone unasked. */
async function refuseByHand(
  undone: readonly LineCommit[],
  places: readonly HeldPlace[],
  now: readonly string[],
  read: (commit: ObjectId) => Promise<readonly string[]>,
): Promise<void> {
  for (const [index, step] of undone.slice(0, mostChecked).entries()) {
    const above = index === 0 ? undefined : undone[index - 1]?.parents[0];
    const values = above === undefined ? now : await read(above);
    for (const [at, place] of places.entries()) {
      const set = step.set.get(keyOf(place));
      const value = values[at] ?? '';
      if (set === undefined || set === value) continue;
      const data = { ...pick(place), value, at: above ?? step.id };
      throw new TagboatError('ROLLBACK_CROSSES_HAND', data, { place: { file: place.file } });
    }
  }
}

/** The trailer that says where a commit's values came from, as it is. */
export function sourceText(message: string): string | undefined {
  return trailersOf(message).find(({ key }) => key === 'Tagboat-Source')?.value;
}

function pick({ file, path }: HeldPlace): HeldPlace {
  return { file, path };
}

function indexOf(line: readonly LineCommit[], at: ObjectId): number {
  const index = line.findIndex(({ id }) => id === at);
  // The parent of the last commit that is known.
  return index < 0 ? line.length : index;
}

function keyOf({ file, path }: HeldPlace): string {
  return `${file}\n${path}`;
}
