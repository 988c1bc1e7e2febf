import { commitBehind } from '../../../commit/history/standing.ts';
import { openLineage } from '../../../commit/order/lineage.ts';
import { readState } from '../../../commit/order/places-state.ts';
import { forgeOf } from '../../../commit/repo/forge.ts';
import { pairPlaces } from '../../../config/plan/pair-places.ts';
import type { DueFacts } from '../../../config/plan/promotion/due.ts';
import type { DeliveryConfig } from '../../../config/shape/checked.ts';
import { type ErrorReport, TagboatError } from '../../../errors.ts';
import type { BranchHistory, HistoryRecord, PlaceNow } from '../../../plan/history.ts';
import type { HeldPlace } from '../../../plan/holds.ts';
import type { Candidate, NotYet, PlacePair } from '../../../plan/listed.ts';
import { lastAt, placeKey } from '../../../plan/path.ts';
import { WireFailure } from '../../../wire/failure.ts';
import { mergedPull } from '../../../wire/forge/merged.ts';
import type { World } from '../../../wire/world.ts';
import { createServers } from '../../run/argocd-servers.ts';
import { type AskingLive, type Lives, openLives } from './ask-live.ts';
import { type Glance, glancing } from './glance.ts';
import { proposalOf, type Read } from './read-histories.ts';

/** A delivery with `after`, as it was decided, and what would be promoted to where. */
export interface Decided {
  readonly candidate: Candidate;
  readonly from: DeliveryConfig;
  readonly to: DeliveryConfig;
  readonly pairs: readonly PlacePair[];
  /** Of the first one's branch, as it was read. */
  readonly tip: string | undefined;
  /** Why Argo CD gave no answer. */
  readonly error?: ErrorReport | undefined;
}

/** Nobody sits before a screen, and an answer decides: Argo CD has more time than for a look. */
const patient: Glance = { silentMs: 20_000, againMs: 10_000, wholeMs: 90_000 };

interface Deciding {
  /** Only of these. */
  readonly names?: readonly string[] | undefined;
  readonly lives?: Lives | undefined;
  /** With whose patience hosts' APIs are asked. Default: the run's. */
  readonly look?: World | undefined;
  /** What is proposed already is due all the same: its merge is to be waited for. */
  readonly again?: boolean | undefined;
}

/** What is due of the deliveries with `after`, all decided by what was read. Throws PROMOTE_UNPAIRED, PROMOTE_AMBIGUOUS. */
export async function decideAll(
  { session: { world, emit }, auth, looking, histories, lineages = new Map(), merges = new Map() }: Read,
  { names, lives, again = false, look = world }: Deciding = {},
): Promise<Decided[]> {
  const { config, source, seen } = looking;
  const targets = (config?.deliveries ?? []).flatMap((to) => {
    const from = config?.deliveries.find(({ name }) => name === to.after?.name);
    if (from === undefined || to.after === undefined || names?.includes(to.name) === false) return [];
    return [{ from, to, after: to.after, pairs: pairPlaces(from, to) }];
  });
  if (targets.length === 0) return [];
  const { dueOf, sinceWhen } = await import('../../../config/plan/promotion/due.ts');
  const readers = auth.readers(
    source?.url ?? '',
    seen.map(({ repo }) => repo),
  );
  let asking: AskingLive | undefined;
  const open = (): AskingLive => {
    const look = glancing(world, patient);
    asking ??= { look, auth, servers: createServers(look.world, emit, auth) };
    return asking;
  };
  const liveIn = lives ?? openLives(() => asking ?? open());
  /** What the one commit is to the other, both of the app repo. */
  const kinOf = async (ours: PlaceNow | undefined, theirs: PlaceNow | undefined): Promise<DueFacts['kin'][number]> => {
    const [own, other] = [ours && commitBehind(ours), theirs && commitBehind(theirs)];
    if (other === undefined) return undefined;
    const at = `${theirs?.path} in ${theirs?.file}`;
    if (own === undefined || source === undefined)
      return {
        is: 'unknown',
        theirs: other,
        why: `${at} is from ${other}, and nothing says from which commit the new value is`,
      };
    const lineage =
      lineages.get(own) ?? openLineage(world, emit, { ...source, commit: own, pullRequest: undefined }, readers);
    lineages.set(own, lineage);
    const { is, why } = await lineage.kinOf(other);
    // Who asks again later may be answered.
    if (is === 'unknown') lineages.delete(own);
    return {
      is,
      theirs: other,
      why: `whether ${own} is newer than ${other}, which ${at} is from, can't be told (${why})`,
    };
  };
  /** Why a host doesn't tell. Throws what is no answer of its. */
  const whyOf = (error: unknown): string => {
    world.signal.throwIfAborted();
    const isTold = error instanceof WireFailure || error instanceof TagboatError || look.signal.aborted;
    if (!isTold || !(error instanceof Error)) throw error;
    return error.message;
  };
  /** A reviewer's no to just these values. */
  const declinedSo = async (to: DeliveryConfig, { values }: Candidate): Promise<NotYet | undefined> => {
    if (to.via !== 'pullRequest') return undefined;
    try {
      const { declinedProposal } = await import('../../../commit/propose/open-proposal.ts');
      const proposal = await declinedProposal(look, to, values, await auth.git(to.repo));
      return proposal && { is: 'declined', proposal };
    } catch (error) {
      return { is: 'unknown', why: `whether somebody closed a proposal of ${to.name} can't be told: ${whyOf(error)}` };
    }
  };
  /** The open proposal, where it has just these values. */
  const proposedSo = async (to: DeliveryConfig, candidate: Candidate): Promise<NotYet | undefined> => {
    const { values } = candidate;
    const looked = seen.find(({ delivery }) => delivery === to.name);
    const proposal = looked && (await proposalOf(world, look, auth, looked));
    if (proposal === undefined) return declinedSo(to, candidate);
    if (again) return undefined;
    const state = await readState(world, to, values, await auth.git(to.repo), proposal.commit).catch(
      (error: unknown) => {
        world.signal.throwIfAborted();
        // What can't be read there as it is to be is proposed anew.
        if (!(error instanceof TagboatError)) throw error;
        return undefined;
      },
    );
    return values.every((value, at) => state?.values[at] === value.to) ? { is: 'proposed', proposal } : undefined;
  };
  const decisions = targets.map(async ({ from, to, after, pairs }): Promise<Decided> => {
    const history = ({ repo, branch }: DeliveryConfig) =>
      histories.find((one) => one.repo === repo && one.branch === branch);
    const [first, second] = [history(from), history(to)];
    const differs = pairs.map((pair) => {
      const [ours, theirs] = [lastAt(first?.places ?? [], pair.from), lastAt(second?.places ?? [], pair.to)];
      if (ours !== undefined && ours.value === theirs?.value) return undefined;
      // A branch that is yet to be made has what it is made of.
      return { ours, theirs: second?.base === undefined ? theirs : lastAt(second.base.places, pair.to) };
    });
    const looked = seen.find(({ delivery }) => delivery === from.name);
    const isAsked = first !== undefined && second !== undefined && differs.some((one) => one !== undefined);
    const live =
      isAsked && looked?.deploy !== undefined
        ? await liveIn(looked, newestOf(looked.places, first), first.places)
        : undefined;
    const kin = await Promise.all(
      differs.map((one) => (one === undefined || to.order === 'off' ? undefined : kinOf(one.ours, one.theirs))),
    );
    const mergedOf = async ({
      commit,
    }: HistoryRecord): Promise<[string, { at: string | undefined } | { why: string }]> => {
      const { repo, branch, pullRequest } = from;
      const known = merges.get(commit);
      if (known !== undefined) return [commit, known];
      try {
        const credential = await auth.git(repo);
        const pull = await mergedPull(look, forgeOf(world, repo, pullRequest?.host, credential), commit, branch);
        if (pull !== undefined) merges.set(commit, pull);
        return [commit, { at: pull?.at }];
      } catch (error) {
        return [commit, { why: `when what ${from.name} has was merged can't be told: ${whyOf(error)}` }];
      }
    };
    const isMerged = from.via === 'pullRequest' && after.soakMs > 0;
    const brought = new Set(differs.flatMap((one) => (first && one?.ours && sinceWhen(first, one.ours)) ?? []));
    const merged = isMerged ? new Map(await Promise.all([...brought].map(mergedOf))) : undefined;
    const facts: DueFacts = {
      ...{
        delivery: to.name,
        after,
        pairs,
        from: first,
        to: second,
        isFollowed: from.deploy !== undefined,
        kin,
        merged,
      },
      ...{ live: undefined, notAsked: undefined, ...live },
    };
    const found = dueOf(facts, world.clock.now());
    const notYet = found.due ? await proposedSo(to, found) : undefined;
    return {
      from,
      to,
      pairs,
      tip: first?.tip,
      candidate: notYet === undefined ? found : { ...found, due: false, notYet: [notYet] },
      error: live && 'error' in live ? live.error : undefined,
    };
  });
  try {
    return await Promise.all(decisions);
  } finally {
    asking?.servers.close();
    asking?.look.over();
  }
}

/** What is to come to these deliveries from those that they come after, to be looked at: what can't be decided is told as that. */
export async function lookAhead(
  read: Read,
  asking: Pick<Deciding, 'lives' | 'look'>,
  names: readonly string[],
): Promise<Candidate[]> {
  const found = names.map((name) =>
    decideAll(read, { ...asking, names: [name] }).then(
      (decided) => decided.map(({ candidate }) => candidate),
      (error: unknown): Candidate[] => {
        read.session.world.signal.throwIfAborted();
        const after = read.looking.config?.deliveries.find((one) => one.name === name)?.after?.name ?? '';
        if (!(error instanceof TagboatError)) throw error;
        const notYet = [{ is: 'unknown' as const, why: error.message }];
        return [{ delivery: name, after, values: [], since: undefined, due: false, notYet, healthy: undefined }];
      },
    ),
  );
  return (await Promise.all(found)).flat();
}

/**
 * Whether enough of a branch is read to tell since when each value of a chain has been there. Any clock may be wrong: one
 * old commit is believed where another is below it.
 */
export function readsSoaks({ config }: Read['looking'], now: number): (records: readonly HistoryRecord[]) => boolean {
  const soak = Math.max(0, ...(config?.deliveries ?? []).map(({ after }) => after?.soakMs ?? 0));
  const isOld = ({ landedAt }: HistoryRecord): boolean =>
    Date.parse(landedAt) > 0 && Date.parse(landedAt) <= now - soak;
  return soak === 0 ? () => true : (records) => records.filter(isOld).length > 1;
}

/** The newest of the commits that set the places: one from then on has them all. */
function newestOf(places: readonly HeldPlace[], { records, tip, places: known }: BranchHistory): string {
  const own = new Set(places.map(placeKey));
  const writers = new Set(known.flatMap((place) => (own.has(placeKey(place)) ? (place.writer?.commit ?? []) : [])));
  return records.find(({ commit }) => writers.has(commit))?.commit ?? tip;
}
