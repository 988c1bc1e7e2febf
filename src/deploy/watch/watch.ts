import type { Health } from '../../plan/deploy.ts';
import type { Application, AppRef } from '../../wire/argocd/types.ts';
import { WireFailure } from '../../wire/failure.ts';
import type { Relation } from '../../wire/git/ancestry.ts';
import { beginning } from '../../wire/text/shorten.ts';
import { type Helped, type Helper, helpAlong } from '../act/helper.ts';
import { answerBy, type Ticking, within } from '../observe/asked-until.ts';
import { mayPass } from '../observe/fault.ts';
import type { Feed, News } from '../observe/feed.ts';
import type { Observation } from '../observe/observation.ts';
import { observe } from '../observe/observe.ts';
import type { Followed } from '../observe/sources.ts';
import { type Answer, type FinalAnswer, type Phase, pending } from '../verdict/answer.ts';
import { type Memory, nothingYet } from '../verdict/evidence.ts';
import type { Question } from '../verdict/question.ts';
import { atDeadline, hangsOnResources, judge, remember, revisionsIn } from '../verdict/verdict.ts';
import { ownDeadline } from './patience.ts';

/** An application, and what is asked about it. */
export interface Watched extends Helped {
  readonly feed: Feed;
  /** How it was found, before Argo CD was told of our commit. */
  readonly found: Application;
  readonly followed: Followed;
  readonly question: Question;
  /** How a commit stands to ours, in the config repo's history. */
  readonly relation: (revision: string) => Promise<Relation>;
  /** Whether our commit has been taken off its branch; false where that isn't known. */
  readonly removed: () => Promise<boolean>;
  /** Time of the world's clock after which no answer is waited for; and the same where a rollout may take longer. */
  readonly deadline: number;
  readonly latest: number;
}

/** What watching came to, with the last state there was. */
export interface WatchResult extends FinalAnswer {
  readonly application: Application | undefined;
  /** It was deleted, and not made again. */
  readonly gone?: boolean | undefined;
}

/** The longest that nothing is judged, whatever happens: for faults, and for standings that weren't known. */
const longestWaitMs = 5_000;
/** While nothing is known of our commit. */
const unseenIn: readonly Phase[] = ['notSeen', 'refreshing', 'hydrating'];
/** Milliseconds between looks for an application that is gone. */
const goneMs = 2_000;
/** Milliseconds without our commit after which the branch is asked whether it still has it, and until it is again. */
const removedAfterMs = 10_000;
const removedEveryMs = 60_000;

/** Watches one application until its verdict is final or time is up. Throws WireFailure for what only a person mends. */
export async function watchApplication(watched: Watched): Promise<WatchResult> {
  for (let app = watched.app; ; ) {
    const result = await watchInProject({ ...watched, app });
    if (!('movedTo' in result)) return result;
    app = result.movedTo;
  }
}

async function watchInProject(watched: Watched): Promise<WatchResult | { readonly movedTo: AppRef }> {
  const { world, feed, argocd, app, question } = watched;
  const { clock, signal } = world;
  let { deadline } = watched;
  const latch = createLatch();
  let news: News | undefined;
  let application: Application | undefined;
  let memory: Memory | undefined;
  let last: Answer | undefined;
  let goneSince: number | undefined;
  const take = (next: News): void => {
    // A look that failed says nothing about a state that is known to be newer than it.
    news = next;
    if (next.is === 'state') {
      // Made again, it has nothing of what was found of the one before.
      if ((application ?? watched.found).uid !== next.application.uid) memory = nothingYet;
      application = next.application;
      goneSince = undefined;
    }
    latch.open();
  };
  const ended = (health: Health, why: string): WatchResult => ({
    ...{ health, why, revision: undefined, notes: [], application },
  });
  const inTime = <T>(answer: Promise<T>, otherwise: T): Promise<T> => answerBy(world, deadline, answer, otherwise);
  const relations = createRelations(watched);
  const isRemoved = createRemoved(watched);
  const helper: Helper = helpAlong(watched, take, latch.open);
  const tellResources = createTellResources(watched);
  const stop = feed.follow(app, take);
  try {
    for (;;) {
      signal.throwIfAborted();
      if (isGone(news)) {
        goneSince ??= clock.now();
        const movedTo = await inTime(elsewhere(watched), undefined);
        if (movedTo !== undefined) return { movedTo };
        if (clock.now() - goneSince >= question.times.gone) {
          return { ...ended('unknown', 'the application was deleted'), gone: true };
        }
        const gone = pending('notSeen', 'the application is gone; it may be made again', { againMs: goneMs });
        last = gone;
        if (application !== undefined) helper.help(gone, application);
      } else if (news?.is === 'fault' && !mayPass(news.error)) {
        throw news.error;
      } else if (application !== undefined) {
        const { failing } = helper;
        const rolledOut = helper.rolledOut(application);
        let seen = observe(application, watched.followed, { failing, rolledOut });
        const before = memory === undefined ? observe(watched.found, watched.followed) : seen;
        let relation = await relations([...revisionsIn(before), ...revisionsIn(seen)]);
        memory ??= remember(question, before, relation, clock.now());
        let whole = application;
        if (whole.resources.length === 0 && hangsOnResources(memory, seen, relation)) {
          whole = await inTime(argocd.application(app), whole).catch(() => whole);
          seen = observe(whole, watched.followed, { failing, rolledOut });
          relation = await relations(revisionsIn(seen));
        }
        tellResources(whole);
        const judged = judge(question, memory, seen, relation, clock.now());
        memory = judged.memory;
        last = judged.answer;
        if (last.is === 'final') return { ...last, application: whole };
        if (unseenIn.includes(last.phase) && (await isRemoved(seen, relation))) {
          return ended('unknown', 'our commit was taken off its branch by a push of force');
        }
        helper.help(last, whole);
      }
      if (deadline <= clock.now() && news?.is === 'state') {
        deadline = Math.max(deadline, await inTime(ownDeadline(watched, news.application, last), 0));
      }
      const left = deadline - clock.now();
      if (left <= 0) {
        const { health, why } = timeUp(news, last);
        return ended(health, why);
      }
      const wait = Math.min(
        left,
        last?.is === 'pending' ? (last.againMs ?? longestWaitMs) : longestWaitMs,
        longestWaitMs,
      );
      await latch.wait(world, Math.max(1, wait));
    }
  } finally {
    stop();
    helper.stop();
  }
}

/** As many resources as are told of, and characters of a message. */
const mostTold = 100;
const mostMessage = 300;

/** Tells how the resources stand whenever any of it is new. */
function createTellResources({ emit, delivery, app: { name: application } }: Watched) {
  let told = '';
  return ({ resources: all }: Application): void => {
    if (all.length === 0) return;
    const resources = all.slice(0, mostTold).map(({ kind, namespace, name, status, health, message }) => ({
      ...{ kind, namespace, name, sync: status, health },
      message: beginning(message, mostMessage),
    }));
    const text = JSON.stringify(resources);
    if (text === told) return;
    told = text;
    emit({ type: 'verdict.resources', delivery, application, resources, more: all.length - resources.length });
  };
}

/** The same application in another project than it was found in, where its old place knows it no more. */
async function elsewhere({ argocd, app: { name, namespace, project } }: Watched): Promise<AppRef | undefined> {
  if (project === undefined) return undefined;
  const found = await argocd.application({ name, namespace }).catch(() => undefined);
  return found === undefined || found.project === project ? undefined : { name, namespace, project: found.project };
}

function isGone(news: News | undefined): boolean {
  if (news?.is === 'gone') return true;
  return (
    news?.is === 'fault' &&
    news.error instanceof WireFailure &&
    news.error.kind === 'status' &&
    news.error.status === 404
  );
}

function timeUp(news: News | undefined, last: Answer | undefined): ReturnType<typeof atDeadline> {
  if (news?.is === 'fault') return { health: 'unknown', why: 'Argo CD could not be asked any more' };
  return atDeadline(last);
}

/** Asks the branch at once when Argo CD shows a commit of another history, and now and then while ours isn't seen. */
function createRemoved({ removed, world: { clock } }: Watched) {
  const began = clock.now();
  const told = new Set<string>();
  let next = began + removedAfterMs;
  return async ({ revisions }: Observation, relation: (revision: string) => Relation): Promise<boolean> => {
    const foreign = revisions.find((one) => relation(one) === 'diverged' && !told.has(one));
    if (foreign === undefined && clock.now() < next) return false;
    if (foreign !== undefined) told.add(foreign);
    next = clock.now() + removedEveryMs;
    return removed();
  };
}

/** Relations that were found out stay; a question that failed is asked again at the next look. */
function createRelations({
  relation,
}: Watched): (revisions: readonly string[]) => Promise<(revision: string) => Relation> {
  const known = new Map<string, Relation>();
  return async (revisions) => {
    await Promise.all(
      // One before Argo CD was told and one since may name the same commit.
      [...new Set(revisions)].map(async (revision) => {
        if (known.has(revision)) return;
        const found = await relation(revision);
        if (found !== 'unknown') known.set(revision, found);
      }),
    );
    return (revision) => known.get(revision) ?? 'unknown';
  };
}

/** Lets one waiter through, at once when it was opened before. */
function createLatch(): { open(): void; wait(world: Ticking, ms: number): Promise<void> } {
  let opened = false;
  let release: (() => void) | undefined;
  return {
    open: () => {
      opened = true;
      release?.();
    },
    wait: async (world, ms) => {
      const told = new Promise<void>((resolve) => {
        release = resolve;
        if (opened) resolve();
      });
      await within(world, ms, told, () => undefined);
      opened = false;
      release = undefined;
    },
  };
}
