import { nearestWord } from '../../errors/spelling.ts';
import { TagboatError } from '../../errors.ts';
import type { ApplicationPlan } from '../../plan/deploy.ts';
import type { Application, AppRef, ArgoCd } from '../../wire/argocd/types.ts';
import { WireFailure } from '../../wire/failure.ts';
import type { World } from '../../wire/world.ts';
import { argocdError } from './fault.ts';
import { carries, covers, type Followed, follows, turnsToHead } from './sources.ts';

/** Where to look, and for what. */
export interface Search {
  readonly world: World;
  readonly argocd: ArgoCd;
  /** What the way in is called. */
  readonly with: string;
  readonly followed: Followed;
  /** Files that the delivery sets, and the values that it sets in them. */
  readonly files: readonly string[];
  readonly values: readonly string[];
  /** Whether the repository's HEAD is the followed branch; undefined where its host doesn't tell. */
  readonly isHead: () => Promise<boolean | undefined>;
  /** Folders that an application's kustomization takes in from elsewhere in the repository. */
  readonly bases: (application: Application) => Promise<readonly string[]>;
  /** A generator makes the applications: one that isn't shown is taken for missing, though it may be hidden. */
  readonly mayBeMade?: boolean | undefined;
  /** Time of the world's clock until which an application may still appear: the commit may be what makes it. */
  readonly until: number;
  /** The same where a template that is asked for its applications in minutes may still change one. */
  readonly untilCarried: number;
  /** Told why there is waiting. */
  readonly wait: (why: string) => void;
}

const pollMs = 2_000;

/** The applications to watch, as they are now. Throws APPLICATION*, ARGOCD_*. */
export async function findApplications(search: Search, named: readonly ApplicationPlan[]): Promise<Application[]> {
  return named.length === 0 ? followers(search) : Promise.all(named.map((one) => lookUp(search, one)));
}

/** Which application, for Argo CD. */
export function refOf({ name, namespace, project }: Application): AppRef {
  return { name, namespace: namespace || undefined, project };
}

/** One application by its name, waited for while it may still appear or Argo CD come back. Throws APPLICATION*, ARGOCD_*. */
export async function lookUp(search: Search, plan: ApplicationPlan): Promise<Application> {
  const { world, argocd, until, wait } = search;
  const server = argocd.url;
  for (;;) {
    try {
      const application = await argocd.application(plan);
      await checkFollows(application, search);
      return application;
    } catch (error) {
      world.signal.throwIfAborted();
      if (!(error instanceof WireFailure)) throw error;
      const early = world.clock.now() < until;
      const missing = await isMissing(argocd, error, search.mayBeMade);
      if (early && (missing !== undefined || error.retryable)) {
        wait(missing === undefined ? `${server} can't be asked yet` : `there is no application ${plan.name} yet`);
        await world.clock.sleep(pollMs, world.signal);
        continue;
      }
      if (missing !== undefined) throw notFound(search, plan.name, missing);
      throw argocdError(error, { server, with: search.with, application: plan.name });
    }
  }
}

/** What is seen in place of a missing application; undefined for other failures. */
async function isMissing(
  argocd: ArgoCd,
  { kind, status }: WireFailure,
  mayBeMade = false,
): Promise<readonly Application[] | undefined> {
  if (kind !== 'status' || (status !== 404 && status !== 403)) return undefined;
  const seen = await argocd.applications([]).catch(() => []);
  // Without its project, a missing application is refused as a hidden one is; others that are seen tell them apart.
  return status === 404 || seen.length > 0 || mayBeMade ? seen : undefined;
}

function notFound({ argocd }: Search, application: string, seen: readonly Application[]): TagboatError {
  const names = seen.map(({ name }) => name);
  return new TagboatError('APPLICATION_NOT_FOUND', {
    server: argocd.url,
    application,
    nearest: nearestWord(application, names),
  });
}

async function checkFollows(application: Application, search: Search): Promise<void> {
  const { sources } = application;
  const { followed } = search;
  const own = sources.filter((source) => follows(source, followed));
  const isOther = own.length > 0 && own.every(turnsToHead) && (await search.isHead()) === false;
  // Somebody else's template may carry our values into one that follows nothing of ours.
  if (own.length > 0 ? !isOther : application.owner !== undefined) return;
  const told = sources.map(({ repoUrl, targetRevision }) => `${targetRevision || 'HEAD'} of ${repoUrl}`).join(', ');
  throw new TagboatError('APPLICATION_FOLLOWS_OTHER', { application: application.name, ...followed, follows: told });
}

/** Every application that follows the branch and is made of one of the files. */
async function followers(search: Search): Promise<Application[]> {
  const { world, argocd, followed, files, values, with: label, until, untilCarried, wait } = search;
  const server = argocd.url;
  for (;;) {
    let seen: readonly Application[] = [];
    try {
      seen = await argocd.applications([]);
      const near = seen.filter(({ sources }) => sources.some((source) => follows(source, followed)));
      const own = await asyncFilter(near, async (one) => {
        if (!(await followsBranch(one, search))) return false;
        return covers(one, followed, files) || covers(one, followed, files, await search.bases(one));
      });
      // A list doesn't tell owners, and what is to be judged needs all.
      const whole = await Promise.all(own.map((one) => argocd.application(refOf(one))));
      if (whole.length > 0) return whole;
      const made = await Promise.all(near.slice(0, mostMade).map((one) => argocd.application(refOf(one))));
      const carried = made.filter(({ owner, settings }) => owner !== undefined && carries(settings, values));
      if (carried.length > 0) return carried;
      const mayCome = made.some(({ owner }) => owner !== undefined) ? untilCarried : until;
      if (world.clock.now() >= mayCome) {
        throw new TagboatError('APPLICATIONS_NONE_FOLLOW', { server, ...followed, seen: seen.length });
      }
      wait(`no application follows ${followed.branch} and one of the files yet`);
    } catch (error) {
      world.signal.throwIfAborted();
      const passes = error instanceof WireFailure && (error.retryable || error.status === 404);
      if (!passes || world.clock.now() >= until) throw argocdError(error, { server, with: label });
      wait(`${server} can't be asked yet`);
    }
    await world.clock.sleep(pollMs, world.signal);
  }
}

/** Applications that are read one by one to find those that somebody else's template carried the values into. */
const mostMade = 50;

async function followsBranch({ sources }: Application, search: Search): Promise<boolean> {
  const own = sources.filter((source) => follows(source, search.followed));
  return own.length > 0 && (!own.every(turnsToHead) || (await search.isHead()) !== false);
}

async function asyncFilter<T>(items: readonly T[], is: (item: T) => Promise<boolean>): Promise<T[]> {
  const kept = await Promise.all(items.map(is));
  return items.filter((_, at) => kept[at]);
}
