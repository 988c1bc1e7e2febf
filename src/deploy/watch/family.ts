import { emitNotice } from '../../events.ts';
import type { Reason, Verdict } from '../../plan/deploy.ts';
import type { Application, AppRef } from '../../wire/argocd/types.ts';
import { argocdError } from '../observe/fault.ts';
import { findApplications, refOf, type Search } from '../observe/find.ts';
import { observe } from '../observe/observe.ts';
import { liveImages } from '../reason/images.ts';
import { reasonsOf } from '../reason/reason.ts';
import { type Changed, changedBelow } from './children.ts';
import { createOwners, type Owned } from './owners.ts';
import { type Watched, type WatchResult, watchApplication } from './watch.ts';

/** What all applications of one delivery have in common. */
export interface Delivery extends Omit<Watched, 'app' | 'found'>, Changed {
  /** What the way in is called. */
  readonly with: string;
  readonly search: Search;
  /** The run's images that the commit names, `host/repository:tag@digest`. */
  readonly images: readonly string[];
  readonly history: { keeps(revision: string): Promise<boolean | undefined> };
  readonly strict: boolean;
  /** The applications were named, not found. */
  readonly named: boolean;
  /** Time of the world's clock at which the waiting began. */
  readonly began: number;
}

/** The applications of a delivery, and what they make of it in others. */
export interface Family {
  /** Each application's verdict, and those of the applications that it changed; each is watched once. */
  watchAll(applications: readonly Application[]): Promise<Verdict[]>;
}

/** Nothing is asked yet. */
export function createFamily(delivery: Delivery): Family {
  const { world, emit, argocd, question } = delivery;
  const begun = new Set<string>();
  const failing = (app: AppRef) => (error: unknown) => {
    throw argocdError(error, { server: argocd.url, with: delivery.with, application: app.name });
  };
  // Before there is a verdict, nobody is awaited any longer than it is.
  const waiting = { ...delivery, argocd: delivery.search.argocd };
  const owners = createOwners(waiting);

  const watchOne = async (application: Application): Promise<Verdict[]> => {
    const key = `${application.namespace}/${application.name}`;
    if (begun.has(key)) return [];
    begun.add(key);
    const app = refOf(application);
    emit({
      type: 'verdict.started',
      ...{ delivery: delivery.delivery, application: app.name, server: argocd.url, commit: question.commit },
    });
    const owned = await owners.of(application).catch(failing(app));
    if (owned.carrier === undefined) tellOf(delivery, application);
    const watched: Watched = { ...waiting, app, found: application, question: { ...question, carrier: owned.carrier } };
    const result = owned.failed ?? (await watchApplication(watched).catch(failing(app)));
    const others = result.gone === true && !delivery.named ? await foundAgain() : [];
    if (others.length > 0) return watchAll(others);
    const verdict = await verdictOf(delivery, { ...watched, argocd }, owned, result);
    emit({ type: 'verdict.finished', delivery: delivery.delivery, application: app.name, verdict });
    for (const note of notesOf(verdict)) {
      emitNotice(emit, 'warning', 'deploy', 'HEALTHY_BUT', { application: app.name }, `${app.name}: ${note}.`);
    }
    if (verdict.is !== 'healthy' || result.application === undefined) return [verdict];
    owners.applied(result.application);
    const changed = await changedBelow(delivery, result.application).catch(failing(app));
    return [verdict, ...(await watchAll(changed))];
  };
  const watchAll = async (applications: readonly Application[]): Promise<Verdict[]> =>
    (await Promise.all(applications.map(watchOne))).flat();
  /** A template that renames its application deletes one and makes another. */
  const foundAgain = async (): Promise<Application[]> => {
    const found = await findApplications({ ...delivery.search, until: 0, untilCarried: 0 }, []).catch(() => {
      world.signal.throwIfAborted();
      return [];
    });
    return found.filter(({ name, namespace }) => !begun.has(`${namespace}/${name}`));
  };
  return { watchAll };
}

/**
 * Tells Argo CD of our commit as soon as the application is known not to show it; how what it shows stands to ours is found
 * out meanwhile. With a hydrator, what is shown doesn't tell.
 */
function tellOf({ followed, question, nudge }: Delivery, application: Application): void {
  const { revisions, hydrator } = observe(application, followed);
  if (hydrator !== undefined || revisions.length === 0 || revisions.includes(question.commit)) return;
  // What keeps Argo CD from being told is found again once the watching needs it.
  nudge(refOf(application)).catch(() => undefined);
}

async function verdictOf(
  delivery: Delivery,
  watched: Watched,
  { unread }: Owned,
  result: WatchResult,
): Promise<Verdict> {
  const { health, revision, why, notes, application } = result;
  const { commit } = delivery.question;
  const seconds = (delivery.world.clock.now() - delivery.began) / 1_000;
  const about = { delivery: delivery.delivery, application: watched.app.name, commit, revision, why, seconds };
  const reasons: readonly Reason[] = health === 'healthy' ? [] : await reasonsOf(watched, application);
  if (revision !== undefined && revision !== commit && (await delivery.history.keeps(revision)) === false) {
    return { ...about, is: 'superseded', by: revision, judged: health, reasons };
  }
  if (health !== 'healthy') return { ...about, is: health, reasons };
  const images =
    application && (await liveImages(watched, application, delivery.images, { strict: delivery.strict, unread }));
  // Without images, and without an owner that carries values into it, nothing else shows that it has nothing of ours.
  const idle = images === undefined && unread !== undefined && application?.owner === undefined;
  return { ...about, is: 'healthy', notes: idle ? [unread, ...notes] : notes, images };
}

/** What isn't as it should be where an application is healthy. */
function notesOf(verdict: Verdict): readonly string[] {
  if (verdict.is !== 'healthy') return [];
  const { notes = [], images } = verdict;
  if (images?.because === undefined) return notes;
  return [`healthy, but none of this run's images runs there: ${images.because}`, ...notes];
}
