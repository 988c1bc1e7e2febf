import type { Waiting } from '../../plan/listed.ts';
import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import type { World } from '../../wire/world.ts';
import { sourceOf } from '../order/trailers.ts';
import { askConfigRepo } from '../repo/ask.ts';
import type { BranchLook, ConfigRepo } from '../repo/config-repo.ts';
import { publishedAt } from '../repo/layout.ts';
import { openIntentRefs, queueKeyIn } from './intent-refs.ts';

/** What waits on a branch: two requests, or one where nothing does. Throws as reading a config repo does. */
export async function listWaiting(
  world: World,
  place: Pick<DeliveryPlan, 'repo' | 'branch'>,
  credential: GitCredential | undefined,
  { idleMs }: { readonly idleMs?: number } = {},
): Promise<readonly Waiting[]> {
  const question = async (repo: ConfigRepo) => waitingOn(world, repo, place.branch, (await repo.look()).intents);
  return askConfigRepo(world, place, credential, question, idleMs);
}

/** The same of a branch that was just looked at: one request, or none. */
export async function waitingOn(
  world: World,
  { remote }: ConfigRepo,
  branch: string,
  intents: BranchLook['intents'],
): Promise<readonly Waiting[]> {
  const read = await openIntentRefs(remote, branch, queueKeyIn(world)).read(intents);
  return [...read].map(([id, intent]) => ({
    id,
    publishedAt: timeOf(publishedAt(id) ?? 0),
    change: intent && {
      expiresAt: timeOf(intent.expiresAt),
      author: intent.author,
      subject: intent.message.split('\n', 1)[0] ?? '',
      source: sourceOf(intent.message)?.commit,
      edits: intent.edits,
      holds: intent.holds,
    },
  }));
}

/** An intent's times are whatever its writer put there. */
function timeOf(ms: number): string {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? new Date(0).toISOString() : time.toISOString();
}
