import { TagboatError } from '../../errors.ts';
import type { Notice } from '../../events/notices.ts';
import type { CommitOutcome } from '../../plan/outcome.ts';
import type { DeliveryPlan } from '../../plan.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import { beginning } from '../../wire/text/shorten.ts';
import { type Rewriting, valuesFound } from '../edit/rewrite.ts';
import { commitNamed } from './commit-named.ts';
import { openConfirmed } from './confirmed.ts';
import { openKin, whyOverOurs } from './kin.ts';
import type { Kinship, Lineage } from './lineage.ts';
import { guardReleases, releaseNamed } from './releases.ts';
import { openWriters, type PlacedValue, type ReadRepo, trailersOf, type Writer, whoseIs } from './trailers.ts';

/** A delivery about to be made on a tip. */
export interface Guarded {
  readonly delivery: DeliveryPlan;
  readonly repo: ReadRepo;
  /** Our commit among the app repo's. Without it there is nothing to compare. */
  readonly lineage: Lineage | undefined;
}

/** A value to be replaced, and the commit of the app repo that it came from. */
interface Theirs extends PlacedValue {
  readonly commit: ObjectId;
  /** Who put it there, where that was that commit's run. */
  readonly writer: () => Promise<Writer | undefined>;
}

/**
 * What keeps this change from being made on this tip: `superseded` when a value to be replaced is from a newer commit
 * of the app repo than ours. Throws ORDER_DIVERGED when one is from neither an older nor a newer commit, ORDER_UNKNOWN
 * when nobody can tell. A value that names no commit may be replaced, and a person is told so.
 */
export async function guard(
  guarded: Guarded,
  tip: ObjectId,
  rewriting: Rewriting,
): Promise<Extract<CommitOutcome, { is: 'superseded' }> | undefined> {
  const { delivery, lineage } = guarded;
  if (delivery.order === 'off') return undefined;
  if (delivery.gitTag !== undefined) return guardReleases(guarded, delivery.gitTag, tip, rewriting);
  if (lineage === undefined) return undefined;
  const theirs = await findTheirs(guarded, lineage, tip, rewriting);
  const kinOf = openKin(lineage, whoseIs(trailersOf(delivery.message)));
  const kin = await Promise.all(theirs.map(async (one) => ({ ...one, kin: await kinOf(one.commit, one.writer) })));
  const of = (is: Kinship['is']) => kin.find((one) => one.kin.is === is);
  const newer = of('descendant');
  if (newer !== undefined) {
    const why = whyOverOurs(`${newer.path} in ${newer.file} is`, newer.commit, lineage.commit, newer.kin);
    const { name, repo, branch } = delivery;
    return { is: 'superseded', delivery: name, repo, branch, by: newer.kin.newest ?? newer.commit, why };
  }
  const doubtful = of('diverged') ?? of('unknown');
  if (doubtful === undefined) return undefined;
  const { file, path, commit } = doubtful;
  const about = { file, path, theirs: commit, ours: lineage.commit };
  throw doubtful.kin.is === 'diverged'
    ? new TagboatError('ORDER_DIVERGED', about, { place: { file } })
    : new TagboatError('ORDER_UNKNOWN', { ...about, why: doubtful.kin.why }, { place: { file } });
}

/**
 * The commits behind the values to be replaced. Where the new value names our commit, the old one names theirs in the
 * same place; only where no new value does so is the config repo asked who wrote the old ones.
 */
async function findTheirs(
  { delivery, repo }: Guarded,
  lineage: Lineage,
  tip: ObjectId,
  rewriting: Rewriting,
): Promise<Theirs[]> {
  const found = valuesFound(rewriting, delivery.edits);
  const places = delivery.edits.flatMap((edit, at) => {
    const value = found[at];
    if (value === undefined) return [];
    const { file } = edit;
    const { replaces } = rewriting.changes.find((one) => one.file === file && one.path === edit.path) ?? {};
    const path = replaces === undefined ? edit.path : edit.path.replace(/(?:newTag|tag|digest)$/, replaces);
    // A tag in the place of a digest says nothing of the form that the digest has, nor the other way around.
    const names = replaces === undefined ? commitNamed(edit.value, lineage.commit, value) : undefined;
    return [{ file, path, value, changes: value !== edit.value, names, isTwin: replaces !== undefined }];
  });
  const telling = places.filter(({ names }) => names !== undefined);
  const asked = places.filter(({ names, changes, isTwin }) =>
    telling.length > 0 && !isTwin ? names !== undefined : changes,
  );
  const writerOf = openWriters(repo, tip);
  const untold = asked.some(({ names }) => names === undefined);
  const confirmedBy = untold ? await openConfirmed(repo.remote, delivery.branch) : () => [];
  const untraced: { readonly level: 'info' | 'warning'; readonly message: string; readonly place: PlacedValue }[] = [];
  const theirs = await Promise.all(
    asked.map(async ({ names, ...place }) => {
      const by = (commit: ObjectId, writer = () => writerOf(place)): Theirs => ({
        ...{ ...place, commit },
        writer: async () => {
          const found = await writer();
          return found?.commit === commit ? found : undefined;
        },
      });
      if (names?.is === 'commit') return [by(names.id)];
      if (names?.is === 'none') {
        const message = `${place.path} in ${place.file} names no commit (${shown(place.value)}): it is replaced whatever it was.`;
        untraced.push({ level: 'info', message, place });
        return [];
      }
      const here = names?.is === 'short' ? await lineage.wholeId(names.text) : undefined;
      const commit = here ?? (await writerOf(place))?.commit;
      const found = names === undefined || commit?.startsWith(names.text) === true ? commit : undefined;
      const confirmed = names === undefined ? confirmedBy(place) : [];
      const all = [found === undefined ? [] : by(found), ...confirmed.map((one) => by(one.commit, async () => one))];
      if (all.flat().length > 0) return all.flat();
      const message = `Nothing says which commit ${place.path} in ${place.file} is from (${shown(place.value)}): it is replaced whatever it was.`;
      untraced.push({ level: names === undefined ? 'info' : 'warning', message, place });
      return [];
    }),
  );
  // A first delivery of many services has that to say of each of them.
  const worst = untraced.toSorted((a, b) => (a.level < b.level ? 1 : a.level > b.level ? -1 : 0));
  const few = worst.length > 3 ? worst.slice(0, 1) : worst;
  const more = untraced.length - few.length;
  for (const { level, message, place } of few)
    lineage.tell(level, more === 0 ? message : `${message} It is so with ${more} more values.`, ofNoCommit(place));
  return theirs.flat();
}

/** Whether the guard will likely ask who wrote the values there: where not all of the new ones name what they are from. */
export function asksWhoWrote(
  { order, gitTag, edits }: Pick<DeliveryPlan, 'order' | 'gitTag' | 'edits'>,
  lineage: Pick<Lineage, 'commit'> | undefined,
): boolean {
  if (order === 'off') return false;
  if (gitTag !== undefined) return edits.some(({ value }) => releaseNamed(value, gitTag, value) === undefined);
  const named = edits.map(({ value }) => lineage && commitNamed(value, lineage.commit, value)?.is);
  return lineage !== undefined && (named.includes('short') || !named.includes('commit'));
}

function shown(value: string): string {
  const line = JSON.stringify(value);
  return line.length > 80 ? `${beginning(line, 80)}…` : line;
}

function ofNoCommit({ file, path }: PlacedValue): Notice {
  return { code: 'VALUE_OF_NO_COMMIT', data: { file, path } };
}
