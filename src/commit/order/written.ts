import { TagboatError } from '../../errors.ts';
import type { CommitOutcome } from '../../plan/outcome.ts';
import type { FileWrite } from '../../plan/pull-request.ts';
import type { DeliveryPlan } from '../../plan.ts';
import { type ObjectId, parseTree } from '../../wire/git/pack/object.ts';
import type { Snapshot } from '../../wire/git/snapshot.ts';
import type { Rewriting } from '../edit/rewrite.ts';
import type { ConfigRepo } from '../repo/config-repo.ts';
import type { Guarded } from './guard.ts';
import { type OrderedKin, openKin, whyOverOurs } from './kin.ts';
import type { Lineage } from './lineage.ts';
import { openNewest, sourceOf, type ToldCommit, trailersOf, type Whose, whoseIs } from './trailers.ts';

/** What the newest commit about a file that is written whole says. */
interface Mark {
  readonly is: 'written' | 'retired';
  /** The app whose commit it is, where that isn't ours. */
  readonly other: string | undefined;
  readonly id: ObjectId;
  /** The app repo's commit behind it, and its pull request's time then, by the host's clock. */
  readonly commit: ObjectId | undefined;
  readonly at: string | undefined;
  readonly whose: Whose;
}

/** What comes of the order of the files that a delivery writes whole. */
interface WrittenOrder {
  readonly instead?: Extract<CommitOutcome, { is: 'superseded' }> | undefined;
  /** Where there is nothing to remove: a run of an older commit may be about to write it, and no commit says yet that it mustn't. */
  readonly mark: boolean;
}

/** A run that is older than a commit of the app repo by more than this is over: nobody need look so far back for what stops it. */
const slackMs = 86_400_000;

/**
 * Whether files may be written whole, or removed: never what somebody else put there, and nothing older over newer, where a
 * retirement counts as the newest that its commit has. Throws FILE_NOT_OURS, ORDER_*; WireFailure.
 */
export async function guardWritten(
  guarded: Guarded & { readonly repo: ConfigRepo },
  snapshot: Snapshot,
  rewriting: Rewriting,
  newest = openNewest(guarded.repo.remote, snapshot.commit),
): Promise<WrittenOrder> {
  const { delivery, lineage } = guarded;
  const { name, repo, branch } = delivery;
  const ours = whoseIs(trailersOf(delivery.message));
  const kinOf = lineage && openKin(lineage, ours);
  let isMarked = true;
  for (const write of delivery.writes ?? []) {
    const retires = write.template === undefined;
    const changes = rewriting.written.some(({ file }) => file === write.file);
    if (!changes && (!retires || lineage === undefined)) continue;
    const isThere = snapshot.files.get(write.file)?.is === 'file';
    const until = isThere || lineage?.since === undefined ? undefined : lineage.since - slackMs;
    const found = await newest((commit) => {
      const mark = markIn(commit, write.file, ours.app);
      // What another app retired is nobody's.
      if (mark !== undefined && (isThere || mark.other === undefined)) return mark;
      return until !== undefined && commit.committer.seconds * 1_000 < until ? 'none' : undefined;
    });
    const mark = found === 'none' ? undefined : found;
    if (isThere && write.force !== true) await refuseForeign(guarded, snapshot, write, mark);
    isMarked &&= isThere || (mark?.is === 'retired' && mark.commit === lineage?.commit);
    if (mark?.commit === undefined || lineage === undefined || kinOf === undefined || write.force) continue;
    const { commit, whose } = mark;
    const kin = () => kinOf(commit, async () => whose);
    const older = await whyOlder(mark, commit, write, lineage, { isOff: delivery.order === 'off', kin });
    if (older !== undefined)
      return { mark: false, instead: { is: 'superseded', delivery: name, repo, branch, ...older } };
  }
  return { mark: !isMarked };
}

/** Throws FILE_NOT_OURS where the last that became of a file wasn't a commit of ours; one that is about to be replaced is told. */
async function refuseForeign(
  { repo, lineage }: Parameters<typeof guardWritten>[0],
  snapshot: Snapshot,
  { file, template }: FileWrite,
  mark: Mark | undefined,
): Promise<void> {
  const place = { place: { file } };
  if (mark?.is !== 'written' || mark.other !== undefined) {
    const why =
      mark === undefined
        ? 'no commit of Tagboat has written it'
        : mark.is === 'retired'
          ? 'it was put there after it was retired'
          : `${mark.other} wrote it, and this is another app`;
    throw new TagboatError('FILE_NOT_OURS', { file, why, retires: template === undefined }, place);
  }
  const [ours, now] = [(await repo.readPaths(mark.id, [file])).files.get(file), snapshot.files.get(file)];
  if (ours?.is === 'file' && now?.is === 'file' && ours.blob.id === now.blob.id) return;
  const why = `it was changed by hand since ${mark.id.slice(0, 12)} wrote it`;
  if (template === undefined) throw new TagboatError('FILE_NOT_OURS', { file, why, retires: true }, place);
  const message = `${file} is written anew, though ${why}.`;
  lineage?.tell('warning', message, { code: 'FILE_CHANGED_BY_HAND', data: { file } });
}

/**
 * By which commit and why ours is the older one, as a sentence without its end. Where the order is off, a retirement alone
 * still stops what was written before it. Throws ORDER_DIVERGED, ORDER_UNKNOWN.
 */
async function whyOlder(
  { is, at }: Mark,
  commit: ObjectId,
  { file, template }: FileWrite,
  lineage: Lineage,
  { isOff, kin: ask }: { readonly isOff: boolean; readonly kin: () => Promise<OrderedKin> },
): Promise<{ readonly by: ObjectId; readonly why: string } | undefined> {
  if (isOff && (is !== 'retired' || template === undefined)) return undefined;
  const ours = lineage.commit;
  const kin = await ask();
  const said = is === 'retired' ? `${file} was retired` : `${file} is`;
  const about = { file, path: 'what stands', theirs: commit, ours };
  if (kin.is === 'ancestor') return undefined;
  if (kin.is === 'descendant') return { by: kin.newest ?? commit, why: whyOverOurs(said, commit, ours, kin) };
  if (isOff && kin.is !== 'same') return undefined;
  if (kin.is === 'diverged') throw new TagboatError('ORDER_DIVERGED', about, { place: { file } });
  if (kin.is === 'unknown') throw new TagboatError('ORDER_UNKNOWN', { ...about, why: kin.why }, { place: { file } });
  if ((is === 'retired') === (template === undefined)) return undefined;
  // One commit for both, as when a pull request is closed and opened again: its host's clock tells which came later.
  const [theirs, own] = [Date.parse(at ?? ''), Date.parse(lineage.at ?? '')];
  if (template === undefined ? !(theirs > own) : own > theirs) return undefined;
  const why =
    template === undefined
      ? `${file} was written since the pull request was closed`
      : `${file} was retired with the same commit; a newer one brings it back`;
  return { by: commit, why };
}

function markIn({ id, message }: ToldCommit, file: string, app: string | undefined): Mark | undefined {
  const trailers = trailersOf(message);
  const of = (wanted: string) => trailers.some(({ key, value }) => key === wanted && value === file);
  const is = of('Tagboat-Retire') ? 'retired' : of('Tagboat-Write') ? 'written' : undefined;
  if (is === undefined) return undefined;
  const at = trailers.find(({ key }) => key === 'Tagboat-Pull-Request')?.value.split(' ')[1];
  const whose = whoseIs(trailers);
  const { app: theirs } = whose;
  const other = app === undefined || theirs?.toLowerCase() === app.toLowerCase() ? undefined : theirs;
  return { is, id, other, commit: sourceOf(message, trailers)?.commit, at, whose };
}

/** How far before the tip it is looked for what a pull request has under other names, milliseconds. */
const earlierMs = 90 * 86_400_000;

/**
 * A retirement with what its delivery wrote for the pull request under names that the config no longer has: what is there
 * yet, and whose newest commit says so. Throws FILE_PATH_INVALID; WireFailure.
 */
export async function withEarlier(
  repo: ConfigRepo,
  delivery: DeliveryPlan,
  tip: ObjectId,
  newest: ReturnType<typeof openNewest>,
): Promise<DeliveryPlan> {
  const { writes = [], message } = delivery;
  const [one] = writes;
  if (one === undefined || one.template !== undefined) return delivery;
  const ours = JSON.stringify(whoseIs(trailersOf(message)));
  const seen = new Set(writes.map(({ file }) => file));
  const files: string[] = [];
  let newestMs: number | undefined;
  await newest((commit) => {
    const at = commit.committer.seconds * 1_000;
    newestMs ??= at;
    if (at < newestMs - earlierMs) return 'enough';
    const trailers = trailersOf(commit.message);
    for (const { key, value } of trailers) {
      if ((key !== 'Tagboat-Write' && key !== 'Tagboat-Retire') || seen.has(value)) continue;
      seen.add(value);
      if (key === 'Tagboat-Write' && JSON.stringify(whoseIs(trailers)) === ours) files.push(value);
    }
    return undefined;
  });
  if (files.length === 0) return delivery;
  const found = (await repo.readPaths(tip, files)).files;
  const there = files.filter((file) => found.get(file)?.is === 'file');
  return {
    ...delivery,
    writes: [...writes, ...there.map((file) => ({ ...one, file, folder: undefined }))],
    message: `${[message.trimEnd(), ...there.map((file) => `Tagboat-Retire: ${file}`)].join('\n')}\n`,
  };
}

/** Files of others in the folders of a retired pull request, by the commit that retired it. */
export function filesLeft({ folders, format }: Snapshot, writes: readonly FileWrite[]): string[] {
  return [...new Set(writes.flatMap(({ folder }) => folder ?? []))].flatMap((folder) => {
    const tree = folders.get(folder);
    return tree === undefined
      ? []
      : parseTree(tree.content, format).map(({ name }) => `${folder}/${name.toString('utf8')}`);
  });
}
