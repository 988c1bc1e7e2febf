import { type Environment, standingOf } from '../../../commit/history/standing.ts';
import { openLineage } from '../../../commit/order/lineage.ts';
import { appOf } from '../../../config/plan/message.ts';
import { reaches, takenBy } from '../../../config/plan/reach.ts';
import type { WhereValue } from '../../../events/json-event.ts';
import type { BranchHistory } from '../../../plan/history.ts';
import type { DeliveryStanding } from '../../../plan/where.ts';
import type { Source } from '../../../plan.ts';
import { createServers } from '../../run/argocd-servers.ts';
import type { CommonOptions } from '../../run/options.ts';
import type { Body } from '../../run/session.ts';
import { withAuth } from '../../run/with-auth.ts';
import { whereText } from '../../show/see/where-words.ts';
import { imagesAtRegistries } from './ask-images.ts';
import { type Lives, openLives } from './ask-live.ts';
import { lookAhead, readsSoaks } from './candidates.ts';
import { type FoundCommit, findCommit } from './find-commit.ts';
import { atAGlance, glancing } from './glance.ts';
import {
  type LookedAt,
  type Looking,
  lookAt,
  proposalOf,
  type Read,
  readHistories,
  readsPreviews,
} from './read-histories.ts';

/** `tagboat where`: for one commit of the app repo, its images, and each environment: is it there, or what is in the way. */
export function where(common: CommonOptions, asked: string | undefined): Body {
  return atAGlance(async (session) => {
    const { world } = session;
    const looking = await lookAt(session, common);
    const { config } = looking;
    return withAuth(
      session,
      async (auth) => {
        const now = world.clock.now();
        const [soaks, previews] = [readsSoaks(looking, now), readsPreviews(looking, now)];
        const { histories, errors } = await readHistories(
          session,
          auth,
          looking,
          (records, branch) => soaks(records) && previews(records, branch),
        );
        const value = await whereOf({ session, auth, looking, histories }, asked);
        session.print((style) => whereText(value, style, world.clock.now()));
        return { errors, value };
      },
      config,
    );
  });
}

/** Where a commit is, as far as what was read and who can be asked tell. Throws USAGE for what names none. */
export async function whereOf(read: Read, asked: string | undefined): Promise<WhereValue> {
  const { session, auth, looking, histories } = read;
  const { world, emit } = session;
  const { config, source, seen } = looking;
  if (config === undefined || source === undefined) throw new RangeError('where reads a config file');
  const found = await findCommit(world, source, asked, histories);
  const of: Source = sourceOfCommit(source, found);
  const readers = auth.readers(
    source.url ?? '',
    seen.map(({ repo }) => repo),
  );
  const lineage = openLineage(world, emit, of, readers);
  const look = glancing(world);
  const servers = createServers(look.world, emit, auth);
  const lives = openLives(() => ({ look, auth, servers }));
  try {
    const images = await imagesAtRegistries(look, auth, config, of);
    const missing = images.filter(({ is }) => is === 'notBuilt').map(({ reference }) => reference);
    const deliveries = await Promise.all(
      seen.map(async (one) => {
        const history = histories.find(({ repo, branch }) => repo === one.repo && branch === one.branch);
        const environment = {
          delivery: one.delivery ?? '',
          places: one.places,
          writes: one.writes ? { app: appOf(of), since: found.committedAt } : undefined,
          notTaken: notTaken(looking, one, of, found),
        };
        if (history === undefined) return unread(environment, one);
        const standing = await standingOf(history, environment, of.commit, lineage.kinOf);
        const notBuilt = missing.length > 0 && standing.obstacles.some(({ is }) => is === 'notDelivered');
        if (notBuilt) return { ...standing, obstacles: [{ is: 'notBuilt' as const, images: missing }] };
        const proposal = standing.is === 'there' ? undefined : await proposalOf(world, look.world, auth, one);
        const has = proposal?.from === undefined ? undefined : (await lineage.kinOf(proposal.from)).is;
        if (proposal !== undefined && (has === 'same' || has === 'descendant')) {
          const others = standing.obstacles.filter(({ is }) => is !== 'notDelivered');
          return { ...standing, obstacles: [{ is: 'proposed' as const, proposal }, ...others] };
        }
        return standing.is === 'there' ? withLive(lives, one, history, standing) : standing;
      }),
    );
    return {
      ...found,
      url: of.url,
      images,
      deliveries: await withPromotions(read, { lives, look: look.world }, deliveries),
    };
  } finally {
    servers.close();
    look.over();
  }
}

/** What would be planned of that commit, were it checked out: on a branch that has it, best one that a delivery takes. */
function sourceOfCommit(source: Source, { commit, subject = '', author, committedAt, branches }: FoundCommit): Source {
  if (commit === source.commit) return { ...source, dirty: false };
  const { dir, url, defaultBranch, runUrl } = source;
  const told = { author: author ?? { name: '', email: '' }, committedAt: committedAt ?? '' };
  return {
    ...{ dir, url, commit, subject, defaultBranch, runUrl, dirty: false as const },
    ...told,
    branch: branches[0],
  };
}

/** Where the delivery takes none of the branches that have the commit. What isn't in the checkout is on none that is known. */
function notTaken(
  { config }: Looking,
  { delivery }: LookedAt,
  source: Source,
  { branches, tags }: FoundCommit,
): Environment['notTaken'] {
  if (config === undefined || (branches.length === 0 && tags.length === 0)) return undefined;
  const on: Source[] = [
    ...branches.map((branch) => ({ ...source, branch, gitTag: undefined, pullRequest: undefined })),
    ...tags.map((gitTag) => ({ ...source, branch: undefined, gitTag, pullRequest: undefined })),
  ];
  const found = config.deliveries.find(({ name }) => name === delivery);
  if (found !== undefined && on.some((one) => reaches(found, one))) return undefined;
  return {
    is: 'notTaken',
    takes: found === undefined ? [] : takenBy([found]),
    on: [...branches, ...tags].slice(0, 10),
  };
}

/** Of a delivery that comes after another one, what is in the way is that one, or what keeps it from being promoted. */
async function withPromotions(
  read: Read,
  asking: Parameters<typeof lookAhead>[1],
  standings: readonly DeliveryStanding[],
): Promise<DeliveryStanding[]> {
  const isThere = (name: string): boolean => standings.some(({ delivery, is }) => delivery === name && is === 'there');
  return Promise.all(
    standings.map(async (standing) => {
      const { delivery, is, obstacles } = standing;
      const after = read.looking.config?.deliveries.find(({ name }) => name === delivery)?.after?.name;
      const isOpen = obstacles.every((one) => one.is !== 'notBuilt' && one.is !== 'proposed');
      if (after === undefined || is === 'there' || !isOpen) return standing;
      const [candidate] = isThere(after) ? await lookAhead(read, asking, [delivery]) : [];
      const others = obstacles.filter((one) => one.is !== 'notTaken' && one.is !== 'notDelivered' && one.is !== 'held');
      const holds = obstacles.filter((one) => one.is === 'held' && candidate?.notYet.every(({ is }) => is !== 'held'));
      return { ...standing, obstacles: [...holds, ...others, { is: 'notPromoted', after, candidate }] };
    }),
  );
}

function unread({ delivery }: Environment, { repo, branch }: LookedAt): DeliveryStanding {
  const why = 'its config repo could not be read';
  return { delivery, repo, branch, is: 'unknown', places: [], obstacles: [{ is: 'unknown', why }] };
}

/** A delivery that is there, with what Argo CD shows of it; or why nobody could be asked: that keeps nothing else back. */
async function withLive(
  lives: Lives,
  one: LookedAt,
  history: BranchHistory,
  standing: DeliveryStanding,
): Promise<DeliveryStanding> {
  // The newest of the commits that brought it: one from then on has them all.
  const brought = history.records.find(({ commit }) => standing.places.some(({ since }) => since?.commit === commit));
  const asked = await lives(one, brought?.commit ?? history.tip, history.places);
  return 'live' in asked ? { ...standing, live: asked.live } : { ...standing, notAsked: asked.notAsked };
}
