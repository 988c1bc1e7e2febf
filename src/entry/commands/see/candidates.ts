import { pairPlaces } from '../../../config/plan/pair-places.ts';
import { type ErrorReport, TagboatError } from '../../../errors.ts';
import type { HistoryRecord } from '../../../plan/history.ts';
import type { Candidate } from '../../../plan/listed.ts';
import type { World } from '../../../wire/world.ts';
import { createServers } from '../../run/argocd-servers.ts';
import { type AskingLive, type Lives, openLives } from './ask-live.ts';
import type { AskingDue, Following } from './due-facts.ts';
import { type Glance, glancing } from './glance.ts';
import type { Read } from './read-histories.ts';

/** A delivery with `after`, as it was decided, and what would be promoted to where. */
export interface Decided extends Pick<Following, 'from' | 'to' | 'pairs'> {
  readonly candidate: Candidate;
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
  read: Read,
  { names, lives, again = false, look = read.session.world }: Deciding = {},
): Promise<Decided[]> {
  const { session, auth, looking, lineages = new Map(), merges = new Map() } = read;
  const { world, emit } = session;
  const deliveries = looking.config?.deliveries ?? [];
  const all = deliveries.flatMap((to): Following[] => {
    const from = deliveries.find(({ name }) => name === to.after?.name);
    if (from === undefined || to.after === undefined || names?.includes(to.name) === false) return [];
    return [{ from, to, after: to.after, pairs: pairPlaces(from, to) }];
  });
  if (all.length === 0) return [];
  let argocd: AskingLive | undefined;
  const open = (): AskingLive => {
    const glance = glancing(world, patient);
    argocd ??= { look: glance, auth, servers: createServers(glance.world, emit, auth) };
    return argocd;
  };
  const live = lives ?? openLives(() => argocd ?? open());
  const asking: AskingDue = { ...read, lineages, merges, look, live };
  try {
    return await Promise.all(all.map((following) => decide(asking, following, again)));
  } finally {
    argocd?.servers.close();
    argocd?.look.over();
  }
}

async function decide(asking: AskingDue, following: Following, again: boolean): Promise<Decided> {
  const { from, to, pairs } = following;
  const [{ dueFactsOf }, { dueOf }] = await Promise.all([
    import('./due-facts.ts'),
    import('../../../config/plan/promotion/due.ts'),
  ]);
  const { facts, error } = await dueFactsOf(asking, following);
  const found = dueOf(facts, asking.session.world.clock.now());
  const { proposedAlready } = await import('./proposed-already.ts');
  const notYet = found.due ? await proposedAlready(asking, to, found, again) : undefined;
  const candidate = notYet === undefined ? found : { ...found, due: false, notYet: [notYet] };
  return { from, to, pairs, tip: facts.from?.tip, candidate, error };
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
