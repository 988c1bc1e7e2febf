import { type Emit, emitNotice } from '../../events.ts';
import type { Application, AppRef, ArgoCd } from '../../wire/argocd/types.ts';
import { WireFailure } from '../../wire/failure.ts';
import type { World } from '../../wire/world.ts';
import type { News } from '../observe/feed.ts';
import type { FailingPod } from '../observe/observation.ts';
import { failingPods } from '../reason/failing.ts';
import { isRolledOut } from '../reason/rolled-out.ts';
import type { Answer } from '../verdict/answer.ts';

/** An application to be helped along. */
export interface Helped {
  readonly world: World;
  readonly emit: Emit;
  readonly argocd: ArgoCd;
  readonly app: AppRef;
  readonly delivery: string;
  /** Sync it where somebody would have to. */
  readonly sync: boolean;
  /** Tells Argo CD of our commit, when it isn't seen at first. */
  readonly nudge: (app: AppRef) => Promise<void>;
  /** Whether an image is of this run; undefined for one that is none of its repositories. */
  readonly runsOurs: (image: string) => boolean | undefined;
}

/** Does what a pending answer wants, beside the watching, and tells how it stands. */
export interface Helper {
  /** Pods of our rollout that fail to start, as they were last seen. */
  readonly failing: readonly FailingPod[];
  /** Whether the cluster has said, since this was shown, that no rollout is still to begin. */
  rolledOut(application: Application): boolean;
  help(answer: Answer & { readonly is: 'pending' }, application: Application): void;
  stop(): void;
}

/** Milliseconds of waiting for a sync after which the sync windows are looked at, and until they are again. */
const windowsAfterMs = 5_000;
const windowsEveryMs = 30_000;
/** Milliseconds of a rollout after which its pods are looked at, and until they are again. */
const rolloutAfterMs = 5_000;
const rolloutEveryMs = 10_000;

/** What else is shown while the cluster is asked for rollouts has it asked again, so often at most for one Healthy. */
const mostAsked = 3;

/**
 * Helps one application along. A fault here is no fault of the application's: what counts is told by the feed. `again` has
 * the same state judged once more.
 */
export function helpAlong(helped: Helped, take: (news: News) => void, again: () => void): Helper {
  const { world, emit, argocd, app, delivery, sync } = helped;
  const { clock } = world;
  const application = app.name;
  let busy = false;
  let stopped = false;
  let nudged = false;
  let told = '';
  let waitingSince: number | undefined;
  let windowsAt = 0;
  let windowClosed = false;
  let askedByHand = false;
  let rollingSince: number | undefined;
  let rolloutAt = 0;
  let failing: readonly FailingPod[] = [];
  let asked: readonly Application[] = [];
  let rolledOut: Application | undefined;

  const alone = (work: () => Promise<void>): void => {
    if (busy) return;
    busy = true;
    work()
      .catch((error: unknown) => {
        // A right that is missing doesn't come by waiting.
        if (!stopped && isForbidden(error)) take({ is: 'fault', error });
      })
      .finally(() => {
        busy = false;
      });
  };
  const state = (found: Application): void => {
    if (!stopped) take({ is: 'state', application: found });
  };
  const progress = (answer: Answer & { is: 'pending' }): void => {
    const closed = answer.phase === 'outOfSync' && windowClosed;
    const why = closed ? 'a sync window keeps Argo CD from syncing now' : answer.why;
    if (why === told) return;
    told = why;
    emit({ type: 'verdict.progress', delivery, application, phase: answer.phase, why });
  };
  const byHand = async (): Promise<void> => {
    windowClosed = await argocd.blocked(app);
    if (windowClosed) return;
    await argocd.sync(app, undefined);
    const message = `${application} isn't synced by itself: a sync was asked for.`;
    emitNotice(emit, 'info', 'deploy', 'SYNC_ASKED', { application }, message);
  };

  const askForRollouts = (found: Application): void => {
    if (asked.includes(found) || asked.length >= mostAsked) return;
    asked = [...asked, found];
    isRolledOut(helped, found).then(
      (is) => {
        if (!is) return;
        rolledOut = found;
        again();
      },
      // It is only waited for longer then.
      () => undefined,
    );
  };

  return {
    get failing() {
      return failing;
    },
    rolledOut: (application) => rolledOut === application,
    help: (answer, found) => {
      const now = clock.now();
      rollingSince = answer.phase === 'progressing' ? (rollingSince ?? now) : undefined;
      if (rollingSince === undefined) failing = [];
      waitingSince = answer.phase === 'outOfSync' ? (waitingSince ?? now) : undefined;
      progress(answer);
      if (answer.wants === 'rollouts') askForRollouts(found);
      else asked = [];
      if (answer.phase === 'notSeen' || answer.phase === 'hydrating') {
        if (!nudged) {
          nudged = true;
          alone(() => helped.nudge(app));
        }
      }
      if (answer.wants === 'refresh') alone(async () => state(await argocd.application(app, 'normal')));
      if (answer.wants === 'hardRefresh') alone(async () => state(await argocd.application(app, 'hard')));
      if (answer.wants === 'sync' && sync && now >= windowsAt) {
        windowsAt = now + windowsEveryMs;
        alone(byHand);
      } else if (answer.wants === 'sync' && !sync && !askedByHand) {
        askedByHand = true;
        const why = found.automated ? "isn't synced again by itself" : 'is synced by hand';
        const message = `${application} ${why}: sync it in Argo CD, or set \`sync: true\` to have it done.`;
        emitNotice(emit, 'warning', 'deploy', 'SYNC_BY_HAND', { application }, message);
      } else if (waitingSince !== undefined && now - waitingSince >= windowsAfterMs && now >= windowsAt) {
        windowsAt = now + windowsEveryMs;
        alone(async () => {
          windowClosed = await argocd.blocked(app);
          progress(answer);
        });
      } else if (rollingSince !== undefined && now - rollingSince >= rolloutAfterMs && now >= rolloutAt) {
        rolloutAt = now + rolloutEveryMs;
        // A pod that fails is known long before its deployment counts as degraded, if that ever does.
        alone(async () => {
          failing = await failingPods(helped, found, helped.runsOurs).catch(() => []);
          if (failing.length > 0) state(await argocd.application(app));
        });
      }
    },
    stop: () => {
      stopped = true;
    },
  };
}

function isForbidden(error: unknown): boolean {
  return error instanceof WireFailure && (error.status === 403 || error.status === 401);
}
