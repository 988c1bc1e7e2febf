import { nearestWord } from '../../errors/spelling.ts';
import { TagboatError } from '../../errors.ts';
import type { ApplicationPlan } from '../../plan/deploy.ts';
import type { Application, ApplicationSource, AppRef, ArgoCd } from '../../wire/argocd/types.ts';
import { WireFailure } from '../../wire/failure.ts';
import type { World } from '../../wire/world.ts';
import { argocdError } from './fault.ts';
import { type Followed, follows, ownSources } from './observe.ts';

/** Where to look, and for what. */
export interface Search {
  readonly world: World;
  readonly argocd: ArgoCd;
  /** What the way in is called. */
  readonly with: string;
  readonly followed: Followed;
  /** Files that the delivery sets. */
  readonly files: readonly string[];
  /** Time of the world's clock until which an application may still appear: the commit may be what makes it. */
  readonly until: number;
}

/** The applications to watch, each with its namespace and project. Throws APPLICATION*, ARGOCD_*. */
export async function findApplications(search: Search, named: readonly ApplicationPlan[]): Promise<AppRef[]> {
  const found =
    named.length === 0 ? await followers(search) : await Promise.all(named.map((one) => lookUp(search, one)));
  return found.map(({ name, namespace, project }) => ({ name, namespace: namespace || undefined, project }));
}

async function lookUp(search: Search, plan: ApplicationPlan): Promise<Application> {
  const { world, argocd, followed } = search;
  const server = argocd.url;
  for (;;) {
    try {
      const application = await argocd.application(plan);
      checkFollows(application, followed);
      return application;
    } catch (error) {
      world.signal.throwIfAborted();
      const missing = error instanceof WireFailure && error.status === 404;
      if (missing && world.clock.now() < search.until) {
        await world.clock.sleep(2_000, world.signal);
        continue;
      }
      if (missing) throw await notFound(search, plan.name);
      // Without its project, a missing application is refused as a hidden one is; others that are seen tell them apart.
      if (error instanceof WireFailure && error.status === 403) {
        const seen = await argocd.applications([]).catch(() => []);
        if (seen.length > 0) throw await notFound(search, plan.name, seen);
      }
      throw argocdError(error, { server, with: search.with, application: plan.name });
    }
  }
}

async function notFound(
  { argocd }: Search,
  application: string,
  known?: readonly Application[],
): Promise<TagboatError> {
  const seen = known ?? (await argocd.applications([]).catch(() => []));
  const nearest = nearestWord(
    application,
    seen.map(({ name }) => name),
  );
  return new TagboatError('APPLICATION_NOT_FOUND', { server: argocd.url, application, nearest });
}

function checkFollows(application: Application, followed: Followed): void {
  if (ownSources(application.sources, followed).length > 0) return;
  const follows = application.sources
    .map(({ repoUrl, targetRevision }) => `${targetRevision || 'HEAD'} of ${repoUrl}`)
    .join(', ');
  throw new TagboatError('APPLICATION_FOLLOWS_OTHER', { application: application.name, ...followed, follows });
}

/** Every application that follows the branch and one of the files. */
async function followers({ world, argocd, followed, files, with: label, until }: Search): Promise<Application[]> {
  const server = argocd.url;
  for (;;) {
    const seen = await argocd.applications([]).catch((error: unknown) => {
      throw argocdError(error, { server, with: label });
    });
    const found = seen.filter(({ sources }) =>
      sources.some((source) => follows(source, followed) && covers(source, files)),
    );
    if (found.length > 0) return found;
    if (world.clock.now() >= until) {
      throw new TagboatError('APPLICATIONS_NONE_FOLLOW', { server, ...followed, seen: seen.length });
    }
    await world.clock.sleep(2_000, world.signal);
  }
}

/** Whether one of the files lies in the source's folder; a source without one (`ref: values`) may use any. */
function covers({ path }: ApplicationSource, files: readonly string[]): boolean {
  const folder = path.replace(/^\.?\/+|^\.$|\/+$/g, '');
  return folder === '' || files.length === 0 || files.some((file) => file === folder || file.startsWith(`${folder}/`));
}
