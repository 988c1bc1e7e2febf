import type { Auth } from '../../../auth/auth.ts';
import { readBranch } from '../../../commit/history/read-branch.ts';
import { serviceOf } from '../../../config/plan/services.ts';
import type { Config } from '../../../config/shape/checked.ts';
import type { ErrorReport } from '../../../errors.ts';
import type { BranchHistory, HistoryRecord } from '../../../plan/history.ts';
import type { HeldPlace } from '../../../plan/holds.ts';
import { placeKey } from '../../../plan/path.ts';
import type { DeliveryPlan, Source } from '../../../plan.ts';
import type { CommonOptions } from '../../run/options.ts';
import { openConfig } from '../../run/prepare.ts';
import type { Session } from '../../run/session.ts';
import { askBranches } from '../target/each-branch.ts';
import { commandTargets, type TargetOptions } from '../target/target.ts';

/** One delivery of the config, or a branch that is named on the command line. */
export interface LookedAt extends Pick<DeliveryPlan, 'repo' | 'branch' | 'deploy'> {
  readonly delivery: string | undefined;
  readonly places: readonly (HeldPlace & { readonly service: string })[];
}

/** What is looked at, before anybody is asked. */
export interface Looking {
  readonly seen: readonly LookedAt[];
  readonly source: Source | undefined;
  readonly config: Config | undefined;
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
  const seen = config.deliveries.map(({ name: delivery, repo, branch, deploy, set }) => ({
    ...{ delivery, repo, branch, deploy },
    places: set.map(({ file, path, value }) => ({ file, path, service: serviceOf({ file, path, value }, delivery) })),
  }));
  return { seen, source, config };
}

/** The history of each branch that is looked at, and why others couldn't be read. */
export async function readHistories(
  session: Session,
  auth: Auth,
  { seen }: Looking,
  enough: (records: readonly HistoryRecord[]) => boolean,
): Promise<{ readonly histories: readonly BranchHistory[]; readonly errors: readonly ErrorReport[] }> {
  const { answers, errors } = await askBranches(session, auth, seen, (place, credential) => {
    const own = seen.filter(({ repo, branch }) => repo === place.repo && branch === place.branch);
    const places = new Map(own.flatMap((one) => one.places).map((one) => [placeKey(one), one]));
    return readBranch(session.world, place, credential, { places: [...places.values()], enough });
  });
  return { histories: answers.map(({ answer }) => answer), errors };
}

/** The deliveries of the config that a record is of: by the places that it is about. */
export function deliveriesAbout(
  { settings, places, delivery }: HistoryRecord,
  seen: readonly LookedAt[],
): readonly LookedAt[] {
  const about = new Set([...settings, ...places].map(placeKey));
  return seen.filter((one) =>
    about.size === 0 ? one.delivery === delivery : one.places.some((place) => about.has(placeKey(place))),
  );
}

/** The services that a record is about, as the config names them or else by their places. */
export function servicesAbout({ settings, places, delivery }: HistoryRecord, seen: readonly LookedAt[]): string[] {
  const known = new Map(seen.flatMap((one) => one.places).map((place) => [placeKey(place), place.service]));
  return [
    ...new Set(
      [...settings, ...places].map(
        (one) => known.get(placeKey(one)) ?? serviceOf({ file: one.file, path: one.path }, delivery),
      ),
    ),
  ];
}
