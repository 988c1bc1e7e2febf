import type { Health } from '../../plan/deploy.ts';
import type { Application } from '../../wire/argocd/types.ts';
import { WireFailure } from '../../wire/failure.ts';
import type { Relation } from '../../wire/git/ancestry.ts';
import type { World } from '../../wire/world.ts';
import { type Helped, type Helper, helpAlong } from '../act/helper.ts';
import { mayPass } from '../observe/fault.ts';
import type { Feed, News } from '../observe/feed.ts';
import { type Followed, observe } from '../observe/observe.ts';
import type { Answer } from '../verdict/answer.ts';
import { type Memory, nothingYet } from '../verdict/evidence.ts';
import type { Question } from '../verdict/question.ts';
import { atDeadline, judge, revisionsIn } from '../verdict/verdict.ts';

/** An application, and what is asked about it. */
export interface Watched extends Helped {
  readonly feed: Feed;
  readonly followed: Followed;
  readonly question: Question;
  /** How a commit stands to ours, in the config repo's history. */
  readonly relation: (revision: string) => Promise<Relation>;
  /** Time of the world's clock after which no answer is waited for. */
  readonly deadline: number;
}

/** What watching came to, with the last state there was. */
export interface WatchResult {
  readonly health: Health;
  readonly revision: string | undefined;
  readonly why: string;
  readonly application: Application | undefined;
}

/** The longest that nothing is judged, whatever happens: for faults, and for standings that weren't known. */
const longestWaitMs = 5_000;

/** Watches one application until its verdict is final or time is up. Throws WireFailure for what only a person mends. */
export async function watchApplication(watched: Watched): Promise<WatchResult> {
  const { world, feed, app, question, deadline } = watched;
  const { clock, signal } = world;
  const latch = createLatch();
  let news: News | undefined;
  let application: Application | undefined;
  let memory: Memory = nothingYet;
  let last: Answer | undefined;
  const take = (next: News): void => {
    news = next;
    if (next.is === 'state') application = next.application;
    latch.open();
  };
  const relations = createRelations(watched);
  const helper: Helper = helpAlong(watched, take);
  const stop = feed.follow(app, take);
  try {
    for (;;) {
      signal.throwIfAborted();
      if (isGone(news) && application !== undefined) {
        return { health: 'unknown', revision: undefined, why: 'the application was deleted', application };
      }
      if (news?.is === 'fault' && !mayPass(news.error)) throw news.error;
      if (application !== undefined) {
        const seen = observe(application, watched.followed);
        const relation = await relations(revisionsIn(seen));
        const judged = judge(question, memory, seen, relation, clock.now());
        memory = judged.memory;
        last = judged.answer;
        if (last.is === 'final') return { ...last, application };
        helper.help(last, application);
      }
      const left = deadline - clock.now();
      if (left <= 0) return { ...timeUp(news, last), revision: undefined, application };
      const wait = Math.min(
        left,
        last?.is === 'pending' ? (last.againMs ?? longestWaitMs) : longestWaitMs,
        longestWaitMs,
      );
      await latch.wait(Math.max(1, wait), clock, signal);
    }
  } finally {
    stop();
    helper.stop();
  }
}

function isGone(news: News | undefined): boolean {
  if (news?.is === 'gone') return true;
  return news?.is === 'fault' && news.error instanceof WireFailure && news.error.status === 404;
}

function timeUp(news: News | undefined, last: Answer | undefined): { health: 'timedOut' | 'unknown'; why: string } {
  if (news?.is === 'fault') return { health: 'unknown', why: 'Argo CD could not be asked any more' };
  return atDeadline(last);
}

/** Relations that were found out stay; a question that failed is asked again at the next look. */
function createRelations({
  relation,
}: Watched): (revisions: readonly string[]) => Promise<(revision: string) => Relation> {
  const known = new Map<string, Relation>();
  return async (revisions) => {
    await Promise.all(
      revisions.map(async (revision) => {
        if (known.has(revision)) return;
        const found = await relation(revision);
        if (found !== 'unknown') known.set(revision, found);
      }),
    );
    return (revision) => known.get(revision) ?? 'unknown';
  };
}

/** Lets one waiter through, at once when it was opened before. */
function createLatch(): { open(): void; wait(ms: number, clock: World['clock'], signal: AbortSignal): Promise<void> } {
  let opened = false;
  let release: (() => void) | undefined;
  return {
    open: () => {
      opened = true;
      release?.();
    },
    wait: async (ms, clock, signal) => {
      const controller = new AbortController();
      const over = new Promise<void>((resolve) => {
        release = resolve;
        if (opened) resolve();
      });
      const until = AbortSignal.any([controller.signal, signal]);
      await Promise.race([over, clock.sleep(ms, until).catch(() => undefined)]);
      controller.abort();
      opened = false;
      release = undefined;
    },
  };
}
