import { exitCodes } from '../errors/codes.ts';
import { TagboatError } from '../errors.ts';
import { type Emit, emitNotice } from '../events.ts';
import type { Verdict } from '../plan/deploy.ts';
import type { PushedImage } from '../plan/outcome.ts';
import type { LiveLook } from '../plan/where.ts';
import type { Application, ArgoCd } from '../wire/argocd/types.ts';
import type { Relation } from '../wire/git/ancestry.ts';
import type { Http } from '../wire/http.ts';
import type { World } from '../wire/world.ts';
import { createNudge, type Pushed, webhookSecret } from './act/nudge.ts';
import { answerBy, askedUntil } from './observe/asked-until.ts';
import type { Feed } from './observe/feed.ts';
import { findApplications, type Search } from './observe/find.ts';
import { createBases } from './observe/kustomize.ts';
import { observe } from './observe/observe.ts';
import { covers } from './observe/sources.ts';
import { nothingYet } from './verdict/evidence.ts';
import { isOursOf } from './verdict/images.ts';
import { timesFor } from './verdict/question.ts';
import { judge, revisionsIn } from './verdict/verdict.ts';
import type { Replacing } from './watch/children.ts';
import { createFamily } from './watch/family.ts';

/** The config repo's history around our commit, asked of its host. */
export interface History {
  /** How a commit stands to ours; `unknown` where the host can't tell. */
  relation(revision: string): Promise<Relation>;
  /** Whether a later commit still has the values that ours set; undefined where that isn't known. */
  keeps(revision: string): Promise<boolean | undefined>;
  /** Whether the repository's HEAD is our branch; undefined where its host doesn't tell. */
  isHead(): Promise<boolean | undefined>;
  /** Whether our commit was taken off the branch; false where that isn't known. */
  removed(): Promise<boolean>;
  /** Those of the files that our commit has. */
  texts(files: readonly string[]): Promise<ReadonlyMap<string, string>>;
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
export interface Delivered extends Pushed {
  readonly delivery: string;
  /** What the commit set; images are looked for by these values. */
  readonly changes: readonly Replacing[];
  readonly images: readonly PushedImage[];
  readonly history: History;
}

/** How long an application that isn't there may take to appear, and an Argo CD that is away to come back. */
const appearMs = 60_000;

/**
 * Waits until every application of a delivery has its verdict, and those too that these make of what was set. Throws
 * TagboatError when that can't be found out: no way in, no such application, or one that follows something else.
 */
export async function watchDelivery(
  world: World,
  emit: Emit,
  server: Server,
  delivered: Delivered,
): Promise<Verdict[]> {
  const { deploy, delivery, repo, branch, commit, changes } = delivered;
  const { argocd, feed } = server;
  const began = world.clock.now();
  const deadline = began + deploy.argocd.timeoutMs;
  const history = historyBy(world, deadline, delivered.history);
  const search = {
    ...searchOf(
      world,
      emit,
      { ...server, argocd: askedUntil(argocd, world, began + deploy.argocd.longestMs) },
      delivered,
      history,
    ),
    values: changes.map(({ after }) => after),
    until: deploy.ofPullRequest ? deadline : Math.min(deadline, began + appearMs),
    untilCarried: deadline,
  };
  const nudge = createNudge(world, emit, server, delivered);
  const images = imagesIn(delivered);
  const family = createFamily({
    ...{ world, emit, argocd, feed, with: server.with, delivery, search, changes, images, history, began, nudge },
    followed: { repo, branch },
    question: {
      ...{ commit, images, suspended: deploy.argocd.suspended },
      times: timesFor(deploy.argocd.settleMs, deploy.argocd.podFailureMs),
    },
    relation: (revision: string) => history.relation(revision),
    removed: () => history.removed(),
    runsOurs: (image) => isOursOf(image, images),
    sync: deploy.sync,
    strict: deploy.argocd.strict,
    named: deploy.applications.length > 0,
    deadline,
    latest: began + deploy.argocd.longestMs,
  });
  return family.watchAll(await findApplications(search, deploy.applications));
}

/** The same history, of which nothing is awaited for long once time is up: its host is asked for what it knows, no more. */
function historyBy(world: World, until: number, history: History): History {
  return {
    relation: (revision) => answerBy(world, until, history.relation(revision), 'unknown'),
    keeps: (revision) => answerBy(world, until, history.keeps(revision), undefined),
    isHead: () => answerBy(world, until, history.isHead(), undefined),
    removed: () => answerBy(world, until, history.removed(), false),
    texts: (files) => answerBy(world, until, history.texts(files), new Map()),
  };
}

/**
 * Whether there will be a verdict: that the way in is open, and the applications follow what is delivered. One that
 * isn't there may be made by the commit itself, and a server that can't be reached now may be back by then: both are
 * told, and answered in place of the applications. Throws TagboatError with exit code 2 or 3.
 */
export async function checkApplications(
  world: World,
  emit: Emit,
  server: Server,
  delivered: Pick<Delivered, 'repo' | 'branch' | 'files' | 'deploy'> & Pick<History, 'isHead'>,
): Promise<readonly Application[] | TagboatError> {
  const { deploy } = delivered;
  webhookSecret(world, deploy);
  try {
    return await findApplications(searchOf(world, emit, server, delivered, delivered), deploy.applications);
  } catch (error) {
    if (!(error instanceof TagboatError)) throw error;
    const known: readonly number[] = [exitCodes.config, exitCodes.credentials];
    const mayAppear = error.code === 'APPLICATION_NOT_FOUND' || error.code === 'APPLICATIONS_NONE_FOLLOW';
    if (known.includes(error.exitCode) && !mayAppear) throw error;
    const message = `${error.message} ${error.hint}`;
    emitNotice(emit, 'warning', 'deploy', 'APPLICATION_NOT_READY', { error: error.code }, message);
    return error;
  }
}

/** Nothing must hold for any time: what is seen counts as it is. */
const atOnce = { ...timesFor(0, 0), condition: 0, staleCondition: 0, gone: 0 };

/** One look at what Argo CD shows of a commit now: `healthy` may be passing. Throws as `watchDelivery` does. */
export async function lookNow(
  world: World,
  server: Server,
  delivered: Pick<Delivered, 'repo' | 'branch' | 'files' | 'deploy' | 'commit'> & {
    readonly history: LookingBack;
    /** What stands in its places. */
    readonly values: readonly string[];
  },
): Promise<LiveLook[]> {
  const { commit, repo, branch, files, deploy, history, values } = delivered;
  const search = searchOf(world, () => undefined, server, delivered, history);
  const found = await findApplications(search, deploy.applications);
  return Promise.all(
    found.map(async (application): Promise<LiveLook> => {
      const seen = observe(application, { repo, branch });
      const standing = new Map<string, Relation>();
      for (const revision of revisionsIn(seen)) standing.set(revision, await history.relation(revision));
      const { owner } = application;
      const followed = { repo, branch };
      // Somebody's template writes its sources: it may show our commit, or none of ours, and not have what that set.
      const isCarried =
        owner !== undefined &&
        !covers(application, followed, files) &&
        !covers(application, followed, files, await search.bases(application));
      const longest = values.toSorted((a, b) => b.length - a.length).slice(0, 1);
      const carrier = isCarried ? { name: `${owner.kind} ${owner.name}`, values: longest } : undefined;
      const question = { commit, images: [], suspended: deploy.argocd.suspended, times: atOnce, carrier };
      const of = (revision: string): Relation => standing.get(revision) ?? 'unknown';
      const { answer } = judge(question, nothingYet, seen, of, world.clock.now());
      const { status, message, since } = seen.health;
      const is = answer.is === 'final' ? answer.health : 'progressing';
      const why = is === 'degraded' && message !== '' ? `${answer.why}: ${message}` : answer.why || status;
      return { application: application.name, is, why, revision: seen.revisions[0], since };
    }),
  );
}

type LookingBack = Pick<History, 'isHead' | 'relation' | 'texts'>;

/** What a look for applications takes, without any waiting. */
function searchOf(
  world: World,
  emit: Emit,
  server: Server,
  { repo, branch, files, deploy }: Pick<Delivered, 'repo' | 'branch' | 'files' | 'deploy'>,
  history: Pick<History, 'isHead'> & Partial<Pick<History, 'texts'>>,
): Search {
  const told = new Set<string>();
  let head: Promise<boolean | undefined> | undefined;
  const wait = (why: string): void => {
    if (!told.has(why)) emitNotice(emit, 'info', 'deploy', 'APPLICATIONS_AWAITED', {}, `Waiting: ${why}.`);
    told.add(why);
  };
  return {
    ...{ world, argocd: server.argocd, with: server.with, followed: { repo, branch }, files, wait },
    ...{ values: [], until: 0, untilCarried: 0, mayBeMade: deploy.ofPullRequest === true },
    isHead: () => {
      head ??= history.isHead();
      return head;
    },
    bases: createBases({ repo, branch }, (paths) => history.texts?.(paths) ?? Promise.resolve(new Map())),
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
