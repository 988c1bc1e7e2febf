import { commitBehind } from '../../../commit/history/standing.ts';
import { openLineage } from '../../../commit/order/lineage.ts';
import { forgeOf } from '../../../commit/repo/forge.ts';
import { broughtBy, type DueFacts } from '../../../config/plan/promotion/due.ts';
import type { DeliveryConfig } from '../../../config/shape/checked.ts';
import { type ErrorReport, TagboatError } from '../../../errors.ts';
import type { BranchHistory, HistoryRecord, PlaceNow } from '../../../plan/history.ts';
import type { HeldPlace } from '../../../plan/holds.ts';
import type { PlacePair } from '../../../plan/listed.ts';
import { lastAt, placeKey } from '../../../plan/path.ts';
import { WireFailure } from '../../../wire/failure.ts';
import { mergedPull } from '../../../wire/forge/merged.ts';
import type { World } from '../../../wire/world.ts';
import type { Lives } from './ask-live.ts';
import type { Read } from './read-histories.ts';

/** A delivery that comes after another one, and which of its places gets which of the other's values. */
export interface Following {
  readonly from: DeliveryConfig;
  readonly to: DeliveryConfig;
  readonly after: NonNullable<DeliveryConfig['after']>;
  readonly pairs: readonly PlacePair[];
}

/** What was read, and who is asked of the rest. */
export interface AskingDue extends Read {
  readonly lineages: NonNullable<Read['lineages']>;
  readonly merges: NonNullable<Read['merges']>;
  /** With whose patience hosts' APIs are asked. */
  readonly look: World;
  readonly live: Lives;
}

/** What decides whether a delivery's values are due, and why Argo CD gave no answer. What nobody tells is told as that. */
export async function dueFactsOf(
  asking: AskingDue,
  { from, to, after, pairs }: Following,
): Promise<{ readonly facts: DueFacts; readonly error: ErrorReport | undefined }> {
  const { histories, looking } = asking;
  const history = ({ repo, branch }: DeliveryConfig) =>
    histories.find((one) => one.repo === repo && one.branch === branch);
  const [first, second] = [history(from), history(to)];
  const differs = pairs.map((pair) => {
    const [ours, theirs] = [lastAt(first?.places ?? [], pair.from), lastAt(second?.places ?? [], pair.to)];
    if (ours !== undefined && ours.value === theirs?.value) return undefined;
    // A branch that is yet to be made has what it is made of.
    return { ours, theirs: second?.base === undefined ? theirs : lastAt(second.base.places, pair.to) };
  });
  const looked = looking.seen.find(({ delivery }) => delivery === from.name);
  const isAsked = first !== undefined && second !== undefined && differs.some((one) => one !== undefined);
  const live =
    isAsked && looked?.deploy !== undefined
      ? await asking.live(looked, newestOf(looked.places, first), first.places)
      : undefined;
  const kin = await Promise.all(
    differs.map((one) => (one === undefined || to.order === 'off' ? undefined : kinOf(asking, one.ours, one.theirs))),
  );
  const isMerged = from.via === 'pullRequest' && after.soakMs > 0;
  const brought = new Set(differs.flatMap((one) => (first && one?.ours && broughtBy(first, one.ours)) ?? []));
  const merged = isMerged
    ? new Map(await Promise.all([...brought].map((record) => mergedOf(asking, from, record))))
    : undefined;
  const facts: DueFacts = {
    ...{ delivery: to.name, after, pairs, from: first, to: second, isFollowed: from.deploy !== undefined, kin, merged },
    ...{ live: undefined, notAsked: undefined, ...live },
  };
  return { facts, error: live && 'error' in live ? live.error : undefined };
}

/** What the one commit is to the other, both of the app repo. */
async function kinOf(
  { session: { world, emit }, auth, looking: { source, seen }, lineages }: AskingDue,
  ours: PlaceNow | undefined,
  theirs: PlaceNow | undefined,
): Promise<DueFacts['kin'][number]> {
  const [own, other] = [ours && commitBehind(ours), theirs && commitBehind(theirs)];
  if (other === undefined) return undefined;
  const at = `${theirs?.path} in ${theirs?.file}`;
  if (own === undefined || source === undefined) {
    const why = `${at} is from ${other}, and nothing says from which commit the new value is`;
    return { is: 'unknown', theirs: other, why };
  }
  const readers = auth.readers(
    source.url ?? '',
    seen.map(({ repo }) => repo),
  );
  const lineage =
    lineages.get(own) ?? openLineage(world, emit, { ...source, commit: own, pullRequest: undefined }, readers);
  lineages.set(own, lineage);
  const { is, why } = await lineage.kinOf(other);
  // Who asks again later may be answered.
  if (is === 'unknown') lineages.delete(own);
  const unknown = `whether ${own} is newer than ${other}, which ${at} is from, can't be told (${why})`;
  return { is, theirs: other, why: unknown };
}

/** When the host merged a commit of a delivery that goes by pull requests, by the commit. */
async function mergedOf(
  { session: { world }, auth, look, merges }: AskingDue,
  from: DeliveryConfig,
  { commit }: HistoryRecord,
): Promise<[string, { readonly at: string | undefined } | { readonly why: string }]> {
  const { repo, branch, pullRequest } = from;
  const known = merges.get(commit);
  if (known !== undefined) return [commit, known];
  try {
    const credential = await auth.git(repo);
    const pull = await mergedPull(look, forgeOf(world, repo, pullRequest?.host, credential), commit, branch);
    if (pull !== undefined) merges.set(commit, pull);
    return [commit, { at: pull?.at }];
  } catch (error) {
    const why = `when what ${from.name} has was merged can't be told: ${whyUntold(world, look, error)}`;
    return [commit, { why }];
  }
}

/** Why a host doesn't tell. Throws what is no answer of its. */
export function whyUntold(world: World, look: World, error: unknown): string {
  world.signal.throwIfAborted();
  const isTold = error instanceof WireFailure || error instanceof TagboatError || look.signal.aborted;
  if (!isTold || !(error instanceof Error)) throw error;
  return error.message;
}

/** The newest of the commits that set the places: one from then on has them all. */
function newestOf(places: readonly HeldPlace[], { records, tip, places: known }: BranchHistory): string {
  const own = new Set(places.map(placeKey));
  const writers = new Set(known.flatMap((place) => (own.has(placeKey(place)) ? (place.writer?.commit ?? []) : [])));
  return records.find(({ commit }) => writers.has(commit))?.commit ?? tip;
}
