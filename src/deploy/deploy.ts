import { exitCodes } from '../errors/codes.ts';
import { TagboatError } from '../errors.ts';
import type { Emit } from '../events.ts';
import type { DeployPlan, Reason, Verdict } from '../plan/deploy.ts';
import type { Change, PushedImage } from '../plan/outcome.ts';
import type { ArgoCd } from '../wire/argocd/types.ts';
import type { Relation } from '../wire/git/ancestry.ts';
import type { Http } from '../wire/http.ts';
import type { World } from '../wire/world.ts';
import { createNudge, webhookSecret } from './act/nudge.ts';
import { argocdError } from './observe/fault.ts';
import type { Feed } from './observe/feed.ts';
import { findApplications } from './observe/find.ts';
import { reasonsOf } from './reason/reason.ts';
import { timesFor } from './verdict/question.ts';
import { type Watched, type WatchResult, watchApplication } from './watch/watch.ts';

/** The config repo's history around our commit, asked of its host. */
export interface History {
  /** How a commit stands to ours; `unknown` where the host can't tell. */
  relation(revision: string): Promise<Relation>;
  /** Whether a later commit still has the values that ours set; undefined where that isn't known. */
  keeps(revision: string): Promise<boolean | undefined>;
}

/** One Argo CD for a whole run: its API, the one stream from it, and what the way in is called. */
export interface Server {
  readonly argocd: ArgoCd;
  readonly feed: Feed;
  readonly with: string;
  /** Trusts the server. */
  readonly http: Http;
}

/** A config commit to be seen live. */
export interface Delivered {
  readonly delivery: string;
  readonly repo: string;
  readonly branch: string;
  readonly commit: string;
  readonly parent: string | undefined;
  readonly files: readonly string[];
  /** What the commit set; images are looked for by these values. */
  readonly changes: readonly Pick<Change, 'after'>[];
  readonly images: readonly PushedImage[];
  readonly history: History;
  readonly deploy: DeployPlan;
}

/** How long an application that isn't there may take to appear. */
const appearMs = 60_000;

/**
 * Waits until every application of a delivery has its verdict. Throws TagboatError when that can't be found out: no
 * way in, no such application, or one that follows something else.
 */
export async function watchDelivery(
  world: World,
  emit: Emit,
  server: Server,
  delivered: Delivered,
): Promise<Verdict[]> {
  const { deploy, repo, branch, files } = delivered;
  const { argocd } = server;
  const began = world.clock.now();
  const deadline = began + deploy.argocd.timeoutMs;
  const search = {
    world,
    argocd,
    with: server.with,
    followed: { repo, branch },
    files,
    until: Math.min(deadline, began + appearMs),
  };
  const nudge = createNudge(world, emit, server, delivered);
  const apps = await findApplications(search, deploy.applications);
  return Promise.all(
    apps.map(async (app) => {
      const watched = watchedOf(world, emit, server, delivered, { app, deadline, nudge: () => nudge(app) });
      emit({
        type: 'verdict.started',
        delivery: delivered.delivery,
        application: app.name,
        server: argocd.url,
        commit: delivered.commit,
      });
      const found = await watchApplication(watched).catch((error: unknown) => {
        throw argocdError(error, { server: argocd.url, with: server.with, application: app.name });
      });
      const verdict = await verdictOf(watched, delivered, found, (world.clock.now() - began) / 1_000);
      emit({ type: 'verdict.finished', delivery: delivered.delivery, application: app.name, verdict });
      return verdict;
    }),
  );
}

/**
 * Whether there will be a verdict: that the way in is open, and the applications follow what is delivered. One that
 * isn't there may be made by the commit itself, and a server that can't be reached now may be back by then: both are
 * told, no more. Throws TagboatError with exit code 2 or 3.
 */
export async function checkApplications(
  world: World,
  emit: Emit,
  server: Server,
  delivered: Pick<Delivered, 'repo' | 'branch' | 'files' | 'deploy'>,
): Promise<void> {
  const { repo, branch, files, deploy } = delivered;
  webhookSecret(world, deploy);
  const search = { world, argocd: server.argocd, with: server.with, followed: { repo, branch }, files, until: 0 };
  try {
    await findApplications(search, deploy.applications);
  } catch (error) {
    if (!(error instanceof TagboatError)) throw error;
    const known: readonly number[] = [exitCodes.config, exitCodes.credentials];
    const mayAppear = error.code === 'APPLICATION_NOT_FOUND' || error.code === 'APPLICATIONS_NONE_FOLLOW';
    if (known.includes(error.exitCode) && !mayAppear) throw error;
    emit({ type: 'notice', level: 'warning', stage: 'deploy', message: `${error.message} ${error.hint}` });
  }
}

function watchedOf(
  world: World,
  emit: Emit,
  { argocd, feed }: Server,
  delivered: Delivered,
  own: Pick<Watched, 'app' | 'deadline' | 'nudge'>,
): Watched {
  const { delivery, repo, branch, commit, history, deploy } = delivered;
  const question = {
    commit,
    images: imagesIn(delivered),
    suspended: deploy.argocd.suspended,
    times: timesFor(deploy.argocd.settleMs),
  };
  const relation = (revision: string) => history.relation(revision);
  return {
    world,
    emit,
    argocd,
    feed,
    delivery,
    followed: { repo, branch },
    question,
    relation,
    sync: deploy.sync,
    ...own,
  };
}

/** The run's images that a value of the commit names by tag or digest. */
function imagesIn({ images, changes }: Delivered): string[] {
  return images.flatMap(({ reference, digest }) => {
    const tag = reference.slice(reference.lastIndexOf(':') + 1);
    const named = changes.some(({ after }) => after.includes(tag) || after.includes(digest));
    return named ? [`${reference}@${digest}`] : [];
  });
}

async function verdictOf(
  watched: Watched,
  delivered: Delivered,
  found: WatchResult,
  seconds: number,
): Promise<Verdict> {
  const { health, revision, why } = found;
  const { delivery, commit, history } = delivered;
  const about = { delivery, application: watched.app.name, commit, revision, why, seconds };
  const reasons: readonly Reason[] = health === 'healthy' ? [] : await reasonsOf(watched, found.application);
  if (revision !== undefined && revision !== commit && (await history.keeps(revision)) === false) {
    return { ...about, is: 'superseded', by: revision, judged: health, reasons };
  }
  return health === 'healthy' ? { ...about, is: 'healthy' } : { ...about, is: health, reasons };
}
