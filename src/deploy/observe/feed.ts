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
/** Where more applications than this are followed, one list is asked for instead of each of them. */
const fewApplications = 4;

interface Follower {
  readonly app: AppRef;
  readonly tell: (news: News) => void;
}

/**
 * Opens a feed; nothing is sent until somebody follows. At most one stream is open at a time, whoever follows what;
 * what it may have missed is made up for by a look now and then.
 */
export function createFeed(
  world: Pick<World, 'clock' | 'signal' | 'random'>,
  argocd: ArgoCd,
  times: FeedTimes = usualFeedTimes,
): Feed {
  const { clock, signal, random } = world;
  const followers = new Set<Follower>();
  let running: AbortController | undefined;
  let streaming = false;

  const tellAll = (news: News): void => {
    for (const follower of [...followers]) follower.tell(news);
  };
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
      // The stream itself begins with every state.
      await clock.sleep(streaming ? times.calmMs : times.brokenMs, until).catch(() => undefined);
      if (until.aborted) return;
      try {
        await look(until);
      } catch (error) {
        if (!until.aborted) tellAll({ is: 'fault', error });
      }
    }
  };

  const look = async (until: AbortSignal): Promise<void> => {
    const all = [...followers];
    if (all.length <= fewApplications) {
      await Promise.all(
        all.map(async (follower) => {
          const application = await argocd.application(follower.app).catch((error: unknown) => {
            if (!until.aborted) follower.tell({ is: 'fault', error });
          });
          if (application !== undefined) follower.tell({ is: 'state', application });
        }),
      );
      return;
    }
    const projects = [...new Set(all.map(({ app }) => app.project))];
    const found = await argocd.applications(projects.includes(undefined) ? [] : projects.map((one) => one ?? ''));
    for (const application of found) tellState(application);
    for (const { app, tell } of all) if (!found.some((one) => isOf(app, one))) tell({ is: 'gone' });
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
