import type { Auth } from '../../../auth/auth.ts';
import { appOf } from '../../../config/plan/message.ts';
import { parseSince } from '../../../config/read/arguments.ts';
import { usageError } from '../../../errors.ts';
import type { DeliveryEvent, HistoryValue } from '../../../events/json-event.ts';
import type { BranchHistory, HistoryRecord } from '../../../plan/history.ts';
import { WireFailure } from '../../../wire/failure.ts';
import type { World } from '../../../wire/world.ts';
import type { CommonOptions } from '../../run/options.ts';
import type { Body, Session } from '../../run/session.ts';
import { withAuth } from '../../run/with-auth.ts';
import { csvText } from '../../show/see/csv.ts';
import { historyText } from '../../show/see/history-words.ts';
import type { TargetOptions } from '../target/target.ts';
import { atAGlance, glancing } from './glance.ts';
import {
  aboutIn,
  type BranchOf,
  type LookedAt,
  type Looking,
  lookAt,
  proposalOf,
  readHistories,
} from './read-histories.ts';

export interface HistoryOptions extends TargetOptions {
  /** `14d`, or a day. */
  readonly since?: string | undefined;
  /** Entries that are shown at most. */
  readonly limit?: number | undefined;
  readonly format: 'table' | 'csv';
}

/** Entries without `--limit`, and with `--since` alone. */
const usualLimit = 20;
const mostSince = 1_000;
/** Commits older than `--since` in a row, after which no newer one is looked for: clocks differ. */
const olderInARow = 20;

/** `tagboat history`: what was delivered, put back, held and changed by hand, newest first. Writes nothing. */
export function history(common: CommonOptions, name: string | undefined, options: HistoryOptions): Body {
  return atAGlance(async (session) => {
    if (options.format === 'csv' && session.settings.json)
      throw usageError('--json and --format csv are two forms of one answer.', 'history');
    const { clock } = session.world;
    const since = options.since === undefined ? 0 : parseSince(options.since, clock.now());
    const limit = options.limit ?? (options.since === undefined ? usualLimit : mostSince);
    const looking = await lookAt(session, common, options);
    const isAbout = isOfLooking(looking, name);
    const isNew = ({ landedAt }: HistoryRecord): boolean => Date.parse(landedAt) >= since;
    const enough = (records: readonly HistoryRecord[], branch: BranchOf): boolean =>
      records.filter(isNew).filter(isAbout(branch)).length >= limit ||
      (records.length >= olderInARow && !records.slice(-olderInARow).some(isNew));
    return withAuth(session, async (auth) => {
      const { histories, errors } = await readHistories(session, auth, looking, enough);
      const found = await historyOf(session.world, looking, histories, {
        isShown: isAbout,
        limit,
        isNew,
      });
      const proposals = await proposalsOf(session, auth, looking, name);
      const value = { ...found, whole: found.whole && errors.length === 0, proposals };
      if (options.format === 'csv') session.print(csvText(value.entries));
      // Of what couldn't be read the errors tell.
      else if (histories.length > 0 || errors.length === 0) session.print((style) => historyText(value, style));
      return { errors, value };
    });
  });
}

/** What waits for review, of the named delivery or of all; what nobody can tell keeps nothing else back. */
async function proposalsOf(
  { world }: Session,
  auth: Auth,
  { seen }: Looking,
  name: string | undefined,
): Promise<NonNullable<HistoryValue['proposals']>> {
  const isNamed = seen.some(({ delivery }) => delivery === name);
  const isAsked = ({ delivery, places }: LookedAt): boolean =>
    name === undefined || (isNamed ? delivery === name : places.some(({ service }) => service === name));
  const look = glancing(world);
  try {
    const found = await Promise.all(
      seen.filter(isAsked).map(async (one) => {
        const proposal = await proposalOf(world, look.world, auth, one).catch((error: unknown) => {
          // Whether its config repo could be read is told by what was read of it.
          look.untold(error);
          return undefined;
        });
        const { delivery = '', repo, branch } = one;
        return proposal === undefined ? [] : [{ delivery, repo, branch, proposal }];
      }),
    );
    return found.flat();
  } finally {
    look.over();
  }
}

interface Shown {
  readonly isShown: (branch: BranchOf) => (record: HistoryRecord) => boolean;
  readonly isNew: (record: HistoryRecord) => boolean;
  readonly limit: number;
}

/** What these branches tell, newest first, with the times at which GitHub's deployments became healthy. */
export async function historyOf(
  world: World,
  looking: Looking,
  histories: readonly BranchHistory[],
  { isShown, isNew, limit }: Shown,
): Promise<HistoryValue> {
  const { isHealthy, notAsked } = await askHealthy(world, looking);
  let others = 0;
  const branches = histories.map((branch) => {
    const records = branch.records.filter(isNew);
    others += records.length - records.filter(isOfLooking(looking)(branch)).length;
    const about = aboutIn(looking, branch);
    const shown = records.filter(isShown(branch)).slice(0, limit);
    return shown.map((one) => entryOf(branch, one, about, isHealthy));
  });
  const whole = histories.every((branch) => branch.whole);
  return { entries: newestFirst(branches).slice(0, limit), others, notAsked, whole };
}

/** Ours, by this config's places; with `--repo`, anybody's. A name is a delivery's, or else a service's. */
export function isOfLooking(looking: Looking, name?: string): Shown['isShown'] {
  const isDelivery = looking.seen.some(({ delivery }) => delivery === name);
  return (branch) => {
    const about = aboutIn(looking, branch);
    return (record) => {
      if (record.is === 'other') return false;
      const { deliveries, services } = about(record);
      if (looking.config !== undefined && deliveries.length === 0) return false;
      if (name === undefined) return true;
      if (isDelivery) return deliveries.some(({ delivery }) => delivery === name);
      return record.delivery === name || services.includes(name);
    };
  };
}

interface Healthy {
  readonly isHealthy: (delivery: string, commit: string) => string | undefined;
  /** Why nobody was asked about healthy times that are kept somewhere. */
  readonly notAsked: string | undefined;
}

/** When deliveries became healthy, where GitHub's deployments keep it. What can't be asked keeps nothing else back. */
async function askHealthy(world: World, { seen, source }: Looking): Promise<Healthy> {
  const { healthyTimes } = await import('../../../deploy/act/deployment.ts');
  const repository = source && appOf(source);
  const asked = new Map<string, (delivery: string, commit: string) => string | undefined>();
  let notAsked: string | undefined;
  const look = glancing(world);
  for (const { delivery, deploy } of seen) {
    if (delivery === undefined || deploy?.environment === undefined) continue;
    try {
      const times = await look.within(healthyTimes(look.world, deploy.environment.name, repository));
      if (times === undefined) notAsked = 'GITHUB_TOKEN says as whom GitHub is asked when deliveries became healthy';
      else asked.set(delivery, times);
    } catch (error) {
      const why = look.untold(error);
      const said = error instanceof WireFailure ? error.peerText || error.message : why;
      notAsked = `GitHub didn't tell when deliveries became healthy: ${said}`;
    }
  }
  look.over();
  return { isHealthy: (delivery, commit) => asked.get(delivery)?.(delivery, commit), notAsked };
}

function entryOf(
  { repo, branch }: BranchHistory,
  record: HistoryRecord,
  about: ReturnType<typeof aboutIn>,
  isHealthy: Healthy['isHealthy'],
): DeliveryEvent {
  const { services, delivery } = about(record);
  const { source, landedAt, is, commit } = record;
  const healthyAt = delivery === undefined ? undefined : isHealthy(delivery, commit);
  // The record last: an object that grows behind what it was copied from would take V8 three times the memory.
  return {
    repo,
    branch,
    services,
    healthyAt,
    leadSeconds: is === 'delivered' ? secondsBetween(source?.committedAt, landedAt) : undefined,
    healthySeconds: secondsBetween(landedAt, healthyAt),
    ...record,
    delivery,
  };
}

/** Undefined where a time isn't known, or is before the other: then their clocks differ, and nothing can be said. */
function secondsBetween(from: string | undefined, to: string | undefined): number | undefined {
  const seconds = (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1_000;
  return seconds >= 0 ? Math.round(seconds) : undefined;
}

/** Branches put together by their times, which are those of many clocks: each of them stays in its own order. */
function newestFirst(branches: readonly (readonly DeliveryEvent[])[]): DeliveryEvent[] {
  const timed = branches.flatMap((entries) => {
    // None is older than what it was built on, whatever its clock said.
    let at = 0;
    const oldestFirst = entries.toReversed().map((entry) => {
      at = Math.max(at, Date.parse(entry.landedAt));
      return { entry, at };
    });
    return oldestFirst.reverse();
  });
  return timed.sort((a, b) => b.at - a.at).map(({ entry }) => entry);
}
