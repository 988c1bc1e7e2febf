import type { Auth } from '../../../auth/auth.ts';
import { type ErrorReport, reportOf } from '../../../errors.ts';
import type { DeliveryPlan, GitCredential } from '../../../plan.ts';
import type { CommonOptions } from '../../run/options.ts';
import type { Session } from '../../run/session.ts';
import { withAuth } from '../../run/with-auth.ts';
import { commandTargets, type TargetOptions } from './target.ts';

type Place = Pick<DeliveryPlan, 'repo' | 'branch'>;

/** A branch that is asked, and whether it may be one that isn't made yet. */
type Asked = Pick<DeliveryPlan, 'repo' | 'branch' | 'createBranch'>;

interface Answers<T> {
  readonly answers: readonly (Place & { readonly answer: T })[];
  readonly errors: readonly ErrorReport[];
}

/** Which branches a list is about. */
export interface Listing {
  readonly common: CommonOptions;
  readonly name: string | undefined;
  readonly options: TargetOptions;
}

/** Asks each branch of the config's deliveries once, or the named one. Throws as `commandTargets` if none answers. */
export async function askEachBranch<T>(
  session: Session,
  { common, name, options }: Listing,
  ask: (place: Place, credential: GitCredential | undefined) => Promise<T>,
): Promise<Answers<T>> {
  const targets = await commandTargets(session, common, name, options);
  return withAuth(session, (auth) => askBranches(session, auth, targets, ask));
}

/** The same of the branches that these are about, with credentials that are there already. */
export async function askBranches<T>(
  { world }: Pick<Session, 'world'>,
  auth: Pick<Auth, 'git'>,
  targets: readonly Asked[],
  ask: (place: Asked, credential: GitCredential | undefined) => Promise<T>,
): Promise<Answers<T>> {
  const branches = new Map(
    targets.map(({ repo, branch, createBranch }) => [`${repo} ${branch}`, { repo, branch, createBranch }]),
  );
  const results = await Promise.allSettled(
    [...branches.values()].map(async (place) => {
      const { repo, branch } = place;
      return { repo, branch, answer: await ask(place, await auth.git(repo)) };
    }),
  );
  world.signal.throwIfAborted();
  return {
    answers: results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    errors: results.flatMap((result) => (result.status === 'rejected' ? [reportOf(result.reason)] : [])),
  };
}
