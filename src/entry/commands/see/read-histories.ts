import type { Auth } from '../../../auth/auth.ts';
import type { KeptQuestion } from '../../../commit/history/compare-places.ts';
import { readBranch } from '../../../commit/history/read-branch.ts';
import type { Lineage } from '../../../commit/order/lineage.ts';
import { appOf } from '../../../config/plan/message.ts';
import { serviceOf } from '../../../config/plan/services.ts';
import type { Config } from '../../../config/shape/checked.ts';
import type { ErrorReport } from '../../../errors.ts';
import type { BranchHistory, HistoryRecord } from '../../../plan/history.ts';
import type { HeldPlace } from '../../../plan/holds.ts';
import { placeKey } from '../../../plan/path.ts';
import type { OpenProposal } from '../../../plan/pull-request.ts';
import type { DeliveryPlan, Source } from '../../../plan.ts';
import type { World } from '../../../wire/world.ts';
import type { CommonOptions } from '../../run/options.ts';
import { openConfig } from '../../run/prepare.ts';
import type { Session } from '../../run/session.ts';
import { askBranches } from '../target/each-branch.ts';
import { commandTargets, type TargetOptions } from '../target/target.ts';

/** One delivery of the config, or a branch that is named on the command line. */
export interface LookedAt
  extends Pick<DeliveryPlan, 'repo' | 'branch' | 'createBranch' | 'deploy' | 'via' | 'pullRequest'> {
  readonly delivery: string | undefined;
  readonly places: readonly (HeldPlace & { readonly service: string })[];
  /** It writes files for pull requests. */
  readonly writes?: boolean | undefined;
}

/** What is looked at, before anybody is asked. */
export interface Looking {
  readonly seen: readonly LookedAt[];
  readonly source: Source | undefined;
  readonly config: Config | undefined;
}

/** What was read of a config's branches, and with what others can be asked. */
export interface Read {
  readonly session: Pick<Session, 'world' | 'emit'>;
  readonly auth: Auth;
  readonly looking: Looking;
  readonly histories: readonly BranchHistory[];
  /** What was asked of the app repo's commits, by whoever looks again and again. */
  readonly lineages?: Map<string, Lineage> | undefined;
  /** The same of when hosts merged commits. */
  readonly merges?: Map<string, { readonly at: string | undefined }> | undefined;
}

/** Reads what the config delivers where, or takes what the command line says. Throws as `commandTargets` does. */
export async function lookAt(session: Session, common: CommonOptions, options: TargetOptions = {}): Promise<Looking> {
  if (options.repo !== undefined || options.branch !== undefined) {
    const targets = await commandTargets(session, common, undefined, options);
    return {
      seen: targets.map((one) => ({ ...one, deploy: undefined, places: [] })),
      source: undefined,
      config: undefined,
    };
  }
  const { config, source } = await openConfig(session, common);
  const seen = config.deliveries.map(
    ({ name: delivery, repo, branch, createBranch, deploy, via, pullRequest, set, write }) => ({
      ...{ delivery, repo, branch, createBranch, deploy, via, pullRequest, writes: write.length > 0 },
      places: set.map(({ file, path, value }) => ({ file, path, service: serviceOf({ file, path, value }, delivery) })),
    }),
  );
  return { seen, source, config };
}

/** The history of each branch that is looked at, and why others couldn't be read. */
export async function readHistories(
  session: Session,
  auth: Auth,
  { seen, config }: Looking,
  enough: (records: readonly HistoryRecord[], branch: BranchOf) => boolean,
  many?: number,
): Promise<{ readonly histories: readonly BranchHistory[]; readonly errors: readonly ErrorReport[] }> {
  const { answers, errors } = await askBranches(session, auth, seen, (place, credential) => {
    const own = seen.filter(({ repo, branch }) => repo === place.repo && branch === place.branch);
    const places = new Map(own.flatMap((one) => one.places).map((one) => [placeKey(one), one]));
    const files = own.some(({ writes }) => writes);
    const kept = keptIn(config, place, session.world.clock.now());
    const question = { places: [...places.values()], many, files, kept };
    return readBranch(session.world, place, credential, { ...question, enough: (records) => enough(records, place) });
  });
  return { histories: answers.map(({ answer }) => answer), errors };
}

/** The places of a branch that others' soak by, and since when they have soaked by now. */
function keptIn(config: Config | undefined, { repo, branch }: BranchOf, now: number): KeptQuestion | undefined {
  const soaks = (config?.deliveries ?? []).flatMap(({ after }) => {
    const from = config?.deliveries.find(({ name }) => name === after?.name);
    const isHere = from?.repo === repo && from.branch === branch && after !== undefined && after.soakMs > 0;
    return isHere ? [{ places: from.set, soakMs: after.soakMs }] : [];
  });
  if (soaks.length === 0) return undefined;
  return { places: soaks.flatMap(({ places }) => places), since: now - Math.max(...soaks.map(({ soakMs }) => soakMs)) };
}

/** How far back files of pull requests are looked for that are still open, milliseconds. */
const previewsMs = 90 * 86_400_000;

/** Whether enough of a branch is read to tell which pull requests' files have a commit. */
export function readsPreviews({ seen }: Looking, now: number) {
  return (records: readonly HistoryRecord[], { repo, branch }: BranchOf): boolean =>
    !seen.some((one) => one.writes && one.repo === repo && one.branch === branch) ||
    Date.parse(records.at(-1)?.landedAt ?? '') < now - previewsMs;
}

/** A branch of a config repo: one place of it may be another's in the next, and a commit in both. */
export type BranchOf = Pick<BranchHistory, 'repo' | 'branch'>;

/** What a record is about: deliveries of the config, in its order, and services as the config names them. */
interface About {
  readonly deliveries: readonly LookedAt[];
  readonly services: readonly string[];
  /** The environment's name: what it is called there by this config, or else as the commit says. */
  readonly delivery: string | undefined;
}

/**
 * Tells what a branch's records are about, by the places that they name: those of the config are looked through once.
 * One that names none of these (which moved since, or are gone) is about the delivery of its name, where this app made it.
 */
export function aboutIn({ seen, source }: Pick<Looking, 'seen' | 'source'>, { repo, branch }: BranchOf) {
  const own = seen.filter((one) => one.repo === repo && one.branch === branch);
  const app = source && appOf(source);
  const owners = new Map<string, { service: string; readonly at: number[] }>();
  for (const [at, one] of own.entries())
    for (const place of one.places) {
      const owner = owners.get(placeKey(place));
      if (owner === undefined) owners.set(placeKey(place), { service: place.service, at: [at] });
      else {
        owner.service = place.service;
        owner.at.push(at);
      }
    }
  return (record: HistoryRecord): About => {
    const services = new Set<string>();
    const found = new Set<number>();
    for (const place of [...record.settings, ...record.places]) {
      const owner = owners.get(placeKey(place));
      services.add(owner?.service ?? serviceOf({ file: place.file, path: place.path }, record.delivery));
      for (const at of owner?.at ?? []) found.add(at);
    }
    const isNamed = found.size === 0 && (services.size === 0 || record.app === app);
    const deliveries = isNamed
      ? own.filter(({ delivery }) => delivery !== undefined && delivery === record.delivery)
      : [...found].toSorted((a, b) => a - b).flatMap((at) => own[at] ?? []);
    // A commit that was merged here names the environment of the branch that it was made for.
    const isElsewhere = seen.some(({ delivery }) => delivery === record.delivery);
    const isHere = deliveries.some(({ delivery }) => delivery === record.delivery);
    const here = record.delivery === undefined || (isElsewhere && !isHere) ? deliveries[0]?.delivery : undefined;
    return { deliveries, services: [...services], delivery: here ?? record.delivery };
  };
}

/** What of it waits for review, where it goes that way. Throws as reading its config repo does. */
export async function proposalOf(
  world: World,
  look: World,
  auth: Auth,
  one: LookedAt,
): Promise<OpenProposal | undefined> {
  if (one.via !== 'pullRequest' || one.delivery === undefined) return undefined;
  const { openProposal } = await import('../../../commit/propose/open-proposal.ts');
  return openProposal(world, { ...one, name: one.delivery }, await auth.git(one.repo), look);
}
