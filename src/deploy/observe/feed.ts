import type { Application, AppRef, ArgoCd } from '../../wire/argocd/types.ts';
import { backoff } from '../../wire/retry.ts';
import type { World } from '../../wire/world.ts';

/** What is known of an application: its state, that it is gone, or that Argo CD couldn't be asked. */
export type News =
  | { readonly is: 'state'; readonly application: Application }
  | { readonly is: 'gone' }
  | { readonly is: 'fault'; readonly error: unknown };

/** The states of several applications of one server, over one stream. */
export interface Feed {
  /** Tells each change of an application from now on, beginning with its state. Answers how to stop. */
  follow(app: AppRef, tell: (news: News) => void): () => void;
}

export interface FeedTimes {
  /** Milliseconds between two looks while the stream stands: watches have been seen to fall silent (argo-cd#12211). */
  readonly calmMs: number;
  /** The same while there is no stream. */
  readonly brokenMs: number;
}

const usualFeedTimes: FeedTimes = { calmMs: 15_000, brokenMs: 3_000 };
const looksAtOnce = 4;

interface Follower {
  readonly app: AppRef;
  readonly tell: (news: News) => void;
}

/** Opens a feed: at most one stream, begun with the first follower; looks now and then make up for what it missed. */
export function createFeed(
  world: Pick<World, 'clock' | 'signal' | 'random'>,
  argocd: ArgoCd,
  times: FeedTimes = usualFeedTimes,
): Feed {
  const { clock, signal, random } = world;
  const followers = new Set<Follower>();
  let running: AbortController | undefined;
  let streaming = false;

  const tellState = (application: Application): void => {
    for (const follower of [...followers])
      if (isOf(follower.app, application)) follower.tell({ is: 'state', application });
  };

  /** One stream after the other, until nobody follows any more or others are to be followed. */
  const streams = async (until: AbortSignal): Promise<void> => {
    for (let failed = 0; !until.aborted; ) {
      const apps = [...followers].map(({ app }) => app);
      try {
        await argocd.stream(
          apps,
          ({ type, application }) => {
            streaming = true;
            failed = 0;
            if (type !== 'DELETED') return tellState(application);
            for (const follower of [...followers]) if (isOf(follower.app, application)) follower.tell({ is: 'gone' });
          },
          until,
        );
      } catch {
        // Whatever it was: the looks go on, and tell it if it stays.
        streaming = false;
        failed += 1;
      }
      if (!until.aborted)
        await clock
          .sleep(backoff(failed, undefined, { random, baseMs: 500, capMs: 15_000 }), until)
          .catch(() => undefined);
    }
  };

  const looks = async (until: AbortSignal): Promise<void> => {
    while (!until.aborted) {
      const rest = (ms: number) => clock.sleep(ms, until).catch(() => undefined);
      await rest(times.brokenMs);
      // The stream itself begins with every state: where it came to stand meanwhile, nothing is missed yet.
      if (streaming) await rest(times.calmMs - times.brokenMs);
      if (until.aborted) return;
      await look(until);
    }
  };

  /** Each application by itself: a list tells neither revisions nor conditions, and would stand for less than is known. */
  const look = async (until: AbortSignal): Promise<void> => {
    const left = [...followers];
    const worker = async (): Promise<void> => {
      for (let follower = left.pop(); follower !== undefined && !until.aborted; follower = left.pop()) {
        const { app, tell } = follower;
        const news = await argocd.application(app).then(
          (application): News => ({ is: 'state', application }),
          (error: unknown): News => ({ is: 'fault', error }),
        );
        if (!until.aborted && followers.has(follower)) tell(news);
      }
    };
    await Promise.all(Array.from({ length: looksAtOnce }, worker));
  };

  const restart = (): void => {
    running?.abort();
    running = undefined;
    streaming = false;
    if (followers.size === 0) return;
    const controller = new AbortController();
    running = controller;
    const until = AbortSignal.any([controller.signal, signal]);
    // Whoever begins to follow in the same turn shares the stream.
    queueMicrotask(() => {
      if (until.aborted) return;
      void streams(until);
      void looks(until);
    });
  };

  return {
    follow: (app, tell) => {
      const follower = { app, tell };
      followers.add(follower);
      restart();
      return () => {
        followers.delete(follower);
        // The others' stream goes on: it tells a little more than is needed.
        if (followers.size === 0) restart();
      };
    },
  };
}

function isOf(app: AppRef, application: Application): boolean {
  return app.name === application.name && (app.namespace === undefined || app.namespace === application.namespace);
}
