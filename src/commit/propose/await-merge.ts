import { TagboatError } from '../../errors.ts';
import { type Emit, emitNotice } from '../../events.ts';
import type { CommitOutcome } from '../../plan/outcome.ts';
import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import type { PullRequest } from '../../wire/forge/forge.ts';
import { newestCommits } from '../../wire/git/ancestry.ts';
import type { World } from '../../wire/world.ts';
import { previewDelivery } from '../land/preview.ts';
import type { Lineage } from '../order/lineage.ts';
import { askConfigRepo } from '../repo/ask.ts';
import { explainForgeFailure, openForge } from '../repo/forge.ts';

type Proposed = Extract<CommitOutcome, { is: 'proposed' }>;

/** Milliseconds between looks at a pull request, which grow from one to the other. */
const shortestMs = 2_000;
const longestMs = 30_000;

/**
 * Waits until what was proposed is merged, `waitMs` at most. It has landed then, by the commit that the host made of it, if the
 * branch has its values; where newer ones came with it, it is superseded. A conflict is told and not the end: it may be mended
 * meanwhile. Throws MERGE_TIMED_OUT, PULL_REQUEST_CLOSED, MERGE_CHANGED, PULL_REQUEST_REFUSED, and what reading the branch throws.
 */
export async function awaitMerge(
  world: World,
  emit: Emit,
  delivery: DeliveryPlan,
  credential: GitCredential | undefined,
  {
    proposed,
    waitMs,
    lineage,
  }: { readonly proposed: Proposed; readonly waitMs: number; readonly lineage?: Lineage | undefined },
): Promise<CommitOutcome> {
  const { repo, branch } = delivery;
  const { number, url } = proposed.pullRequest;
  const forge = openForge(world, delivery, credential);
  const until = world.clock.now() + waitMs;
  emitNotice(emit, 'info', 'commit', 'MERGE_AWAITED', { url }, `Waiting until ${url} is merged.`);
  let pull: PullRequest;
  let [before, told] = [false, false];
  for (let pauseMs = shortestMs; ; pauseMs = Math.min(longestMs, pauseMs * 1.5)) {
    pull = await forge.read(number).catch((error: unknown) => {
      throw explainForgeFailure(error, delivery, `tell how pull request ${number} stands`, credential);
    });
    if (pull.state === 'closed') throw new TagboatError('PULL_REQUEST_CLOSED', { repo, url });
    // The commit may be told a moment later.
    if (pull.state === 'merged' && pull.mergeCommit !== undefined) break;
    // What one look says may be what the host still works out.
    const conflicts = before && pull.conflicts;
    if (conflicts && !told) {
      const words = `${url} can't be merged as it stands: its host says that it conflicts with ${branch}.`;
      emitNotice(emit, 'warning', 'commit', 'MERGE_CONFLICTS', { url, branch }, words);
      told = true;
    }
    before = pull.conflicts;
    const left = until - world.clock.now();
    const seconds = Math.round(waitMs / 1_000);
    if (left <= 0) throw new TagboatError('MERGE_TIMED_OUT', { repo, branch, url, seconds, conflicts });
    await world.clock.sleep(Math.min(pauseMs, left), world.signal);
  }
  const { changes, instead } = await previewDelivery(world, delivery, credential, { lineage, pushes: false });
  if (instead !== undefined) return instead;
  if (changes.length > 0) throw new TagboatError('MERGE_CHANGED', { repo, branch, url });
  return landedBy(world, delivery, credential, proposed, pull);
}

/** The outcome of what the host has merged: its commit, whether that is a merge, a squash or the last of a rebase. */
export async function landedBy(
  world: World,
  delivery: DeliveryPlan,
  credential: GitCredential | undefined,
  { delivery: name, repo, branch, changes, diff, commit: head }: Proposed,
  { mergeCommit: commit = head }: PullRequest,
): Promise<CommitOutcome> {
  const parent = await askConfigRepo(world, delivery, credential, async ({ remote }) => {
    const found = await newestCommits(remote, commit, 1);
    return found?.get(commit)?.parents[0] ?? '';
  });
  return { is: 'landed', delivery: name, repo, branch, commit, parent, changes, diff, attempts: 1 };
}
