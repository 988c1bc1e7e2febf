import { isError } from '../errors.ts';
import { type Emit, emitNotice, peerNotices } from '../events.ts';
import type { CommitOutcome } from '../plan/outcome.ts';
import type { DeliveryPlan, GitCredential } from '../plan.ts';
import { WireFailure } from '../wire/failure.ts';
import { type ObjectId, zeroId } from '../wire/git/pack/object.ts';
import { backoff } from '../wire/retry.ts';
import { firstWords } from '../wire/text/shorten.ts';
import type { World } from '../wire/world.ts';
import { filesTouched } from './edit/rewrite.ts';
import { loadApply } from './land/apply.ts';
import { type Landing, landedOutcome, landingTimedOut, lookAtBranch, startLanding } from './land/landing.ts';
import { makeBranch, tellMade } from './land/move-branch.ts';
import { type MadeCommit, type PushTry, pushCommit } from './land/push-commit.ts';
import { pushDirect } from './land/push-direct.ts';
import { steadyClock } from './land/steady-clock.ts';
import { commitThroughGitHub, githubRepository, overGitHub } from './land/via-github.ts';
import { confirm } from './order/confirmed.ts';
import type { Lineage } from './order/lineage.ts';
import { filesLeft } from './order/written.ts';
import { propose } from './propose/propose.ts';
import { nextQueueStep } from './queue/decisions.ts';
import { type IntentRefs, openIntentRefs, queueKeyIn } from './queue/intent-refs.ts';
import { landQueued } from './queue/land-queued.ts';
import { isDeserted, removeExpired } from './queue/stale.ts';
import { queueView } from './queue/writer.ts';
import { defaultIdleMs, openConfigRepo } from './repo/config-repo.ts';
import { openForge } from './repo/forge.ts';
import { explainGitFailure } from './repo/git-failure.ts';

export interface LandOptions {
  /** Milliseconds in which a beaten push is tried again. Default two minutes. */
  readonly budgetMs?: number;
  /** Milliseconds without a byte from the host before giving up on a request. */
  readonly idleMs?: number;
  /** Wait in the branch's queue when beaten; without it, pushes are tried again. Default as the delivery says. */
  readonly queue?: boolean;
  /** The run's commit among the app repo's. With it, a value from a newer commit is never replaced. */
  readonly lineage?: Lineage | undefined;
  /** For the config repo whose values are promoted. */
  readonly sourceCredential?: GitCredential | undefined;
}

/** When a landing's time is over it looks once more and withdraws its intent, and must hear the answers to that. */
const settlingMs = 15_000;

/**
 * Lands one delivery on its branch: reads the tip, edits its files, pushes one commit on it. When another writer was
 * faster, the change waits in the branch's queue, from which any writer lands it. A push whose reply was lost is looked
 * for on the branch. Throws TagboatError, or the reason of the world's signal: then nothing is half done.
 */
export async function landDelivery(
  given: World,
  emit: Emit,
  delivery: DeliveryPlan,
  credential: GitCredential | undefined,
  options: LandOptions = {},
): Promise<CommitOutcome> {
  const world = { ...given, clock: steadyClock(given.clock) };
  // A path that can't be one is told before anything is sent.
  filesTouched(delivery);
  if (delivery.via === 'auto') return landEitherWay(world, emit, delivery, credential, options);
  const way = githubRepository(delivery, credential);
  const forge = delivery.via === 'pullRequest' ? openForge(world, delivery, credential) : undefined;
  const began = world.clock.now();
  const deadline = began + (options.budgetMs ?? 120_000);
  const idleMs = options.idleMs ?? defaultIdleMs;
  const notice = peerNotices(emit, 'commit');
  const patience = { idleMs, deadline: deadline + settlingMs, patientUntil: deadline, notice };
  const git = openConfigRepo(world, delivery, { credential, ...patience });
  const repo =
    way === undefined ? git : await overGitHub(world, git, way, delivery, { ...options, idleMs, deadline, notice });
  const push = async (made: MadeCommit): Promise<PushTry> => {
    if (way !== undefined)
      return commitThroughGitHub(world, way, { ...delivery, message: made.message ?? delivery.message }, made, idleMs);
    if (landing.isNew && landing.pushes.length === 0) tellMade(landing);
    return pushCommit(world, repo, made, landing.isNew ? zeroId(repo.remote.format()) : made.on);
  };
  const { lineage, sourceCredential } = options;
  const apply = loadApply(delivery.writes !== undefined);
  const landing: Landing = startLanding({
    ...{ world, emit, delivery, repo, apply, lineage, sourceCredential, push, began, deadline },
  });
  // What is proposed waits for review and for no queue, an intent holds values, no files, and what is promoted lands only while its source has it. Whoever lands an intent makes its commit, and that would be without GitHub's signature.
  const isValues = delivery.writes === undefined && delivery.promotes === undefined;
  const queueing = way === undefined && forge === undefined && isValues && (options.queue ?? delivery.queue ?? true);
  const queue = queueing ? openIntentRefs(repo.remote, delivery.branch, queueKeyIn(world)) : undefined;
  try {
    if (forge !== undefined) return await propose({ landing, forge, credential });
    const outcome = await landOrQueue(landing, queue);
    if (queue !== undefined) await removeExpired(landing, queue);
    if (outcome.is === 'landed' && delivery.writes !== undefined) tellLeft(landing);
    return outcome;
  } catch (error) {
    if (landing.left || landing.pushes.some(mayHaveLanded)) admit(landing, error);
    throw explainGitFailure(error, { delivery, credential, doing: landing.doing });
  } finally {
    await repo.close();
  }
}

/** What GitHub's API says to those who may not commit by it, or not now: it has made nothing. */
const refusals = ['PUSH_DENIED', 'GIT_FORBIDDEN', 'GIT_AUTH_REFUSED', 'GIT_RATE_LIMITED'];

/** By GitHub's API where the host has one that lets this token commit; else by git. Says which. */
async function landEitherWay(
  ...[world, emit, delivery, credential, options]: Parameters<typeof landDelivery>
): Promise<CommitOutcome> {
  const by = (via: 'git' | 'github', why: string): Promise<CommitOutcome> => {
    const message = `${delivery.name} is ${via === 'git' ? 'pushed by git' : "committed by GitHub's API"}: ${why}.`;
    emitNotice(emit, 'info', 'commit', 'VIA_CHOSEN', { delivery: delivery.name, via }, message);
    return landDelivery(world, emit, { ...delivery, via }, credential, options);
  };
  if (githubRepository(delivery, credential) === undefined)
    return by('git', 'no token of an API of GitHub is known for its host');
  try {
    return await by('github', 'its host has it, and there is a token');
  } catch (error) {
    if (!isError(error) || !refusals.includes(error.code)) throw error;
    // Should a try of before still arrive, the branch will have moved: then it is refused too.
    return by('git', `that API refuses it (${firstWords(error.peer?.text ?? error.code)})`);
  }
}

async function landOrQueue(landing: Landing, intentRefs: IntentRefs | undefined): Promise<CommitOutcome> {
  const { world, emit } = landing;
  let queue = intentRefs;
  let seen = await lookAtBranch(landing);
  let crowded = false;
  const confirmed = new Set<string>();
  for (;;) {
    // Our commit was made on an older tip: another push was first. In a crowd, the next push would lose too.
    const beaten = crowded || (landing.made !== undefined && landing.made.on !== seen.tip);
    const step = nextQueueStep(
      queueView(seen, world.clock.now()),
      { is: beaten ? 'beaten' : 'fresh' },
      'patient',
      !!queue && !seen.isNew,
    );
    const deserted =
      queue !== undefined && !beaten && step.do === 'publish' && (await isDeserted(landing, queue, seen));
    if (queue !== undefined && step.do === 'publish' && !deserted) {
      const outcome = await landQueued(landing, queue, seen);
      if (typeof outcome !== 'string') return outcome;
      queue = undefined;
      const why = {
        noQueue: 'This git host takes or shows no queue of its own refs, or no atomic pushes',
        tooLarge: 'This change is too large for the queue',
      };
      const message = `${why[outcome]}: pushes are tried again instead.`;
      emitNotice(emit, 'info', 'commit', 'QUEUE_UNAVAILABLE', { why: outcome }, message);
      seen = await lookAtBranch(landing);
    }
    const tried = await pushDirect(landing, seen.tip, queue !== undefined && !deserted);
    if (tried.is === 'landed') return landedOutcome(landing, tried.made);
    if (tried.is === 'ended') {
      const { outcome } = tried;
      if (outcome.is === 'unchanged' && landing.isNew) {
        await makeBranch(landing, outcome.tip);
        seen = await lookAtBranch(landing);
        continue;
      }
      if (outcome.is !== 'unchanged' || confirmed.has(outcome.tip)) return outcome;
      confirmed.add(outcome.tip);
      if (!(await confirm(landing, outcome.tip))) return outcome;
      seen = await lookAtBranch(landing);
      // Whoever was there before it was kept has not seen it.
      if (seen.tip === outcome.tip) return outcome;
      continue;
    }
    seen = tried.look;
    crowded = tried.is === 'crowded';
    if (crowded || tried.is === 'overtaken') continue;
    const waitMs = await giveWay(landing, seen.tip, queue === undefined);
    if (waitMs > landing.looked.tripMs) seen = await lookAtBranch(landing);
  }
}

/** Tells of what others have in the folder of a retired pull request. */
function tellLeft({ emit, made, delivery: { writes = [] } }: Landing): void {
  const gone = writes.filter(({ template }) => template === undefined);
  const files = made === undefined ? [] : filesLeft(made.built.snapshot, gone);
  if (files.length === 0) return;
  const message = `Left as they are, since no commit of this delivery's is known to have written them for this pull request: ${files.slice(0, 10).join(', ')}${files.length > 10 ? ' and others' : ''}.`;
  emitNotice(emit, 'info', 'commit', 'FILES_LEFT', { files }, message);
}

/** After a lost race: waits, longer each time and at random, unless the queue does the waiting. Answers how long, in milliseconds. Throws LAND_TIMED_OUT. */
async function giveWay(landing: Landing, tip: ObjectId, wait: boolean): Promise<number> {
  const { world, delivery, pushes } = landing;
  const attempt = pushes.length;
  const waitMs = wait ? backoff(attempt, undefined, { random: world.random, baseMs: 100, capMs: 5_000 }) : 0;
  if (world.clock.now() + waitMs > landing.deadline) throw landingTimedOut(landing);
  landing.emit({ type: 'commit.beaten', delivery: delivery.name, attempt, tip, waitMs });
  if (waitMs > 0) await world.clock.sleep(waitMs, world.signal);
  return waitMs;
}

/** A lost push whose host didn't say plainly that it won't have it. */
function mayHaveLanded({ fate }: PushTry): boolean {
  return fate.is === 'lost' && !(fate.failure.status !== undefined && fate.failure.status < 500);
}

/** Tells that a change may have landed, or may yet, though the landing failed. */
function admit(landing: Landing, error: unknown): void {
  // These say so themselves.
  if (error instanceof WireFailure && (error.kind === 'timeout' || error.kind === 'cut')) landing.doing = 'push';
  else {
    const message = `The host never said what became of the change: it may land on ${landing.delivery.branch} yet. Run again: what has landed is not written twice.`;
    emitNotice(landing.emit, 'warning', 'commit', 'LANDING_UNKNOWN', { branch: landing.delivery.branch }, message);
  }
}
