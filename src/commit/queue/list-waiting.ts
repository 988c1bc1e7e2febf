import type { HoldChange } from '../../plan/holds.ts';
import type { DeliveryPlan, Edit, GitCredential, Person } from '../../plan.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import type { World } from '../../wire/world.ts';
import { sourceOf } from '../order/trailers.ts';
import { askConfigRepo } from '../repo/ask.ts';
import type { ConfigRepo } from '../repo/config-repo.ts';
import { publishedAt } from '../repo/layout.ts';
import { openIntentRefs, queueKeyIn } from './intent-refs.ts';

/** A change that waits in a branch's queue, in the order in which it is to land. Times are ISO 8601. */
export interface Waiting {
  readonly id: string;
  readonly publishedAt: string;
  /** What it is; undefined for one that can't be read, or lacks the key's code. Nobody lands it. */
  readonly change:
    | {
        readonly expiresAt: string;
        readonly author: Person;
        /** First line of its message. */
        readonly subject: string;
        /** The app repo's commit that it came from. */
        readonly source: ObjectId | undefined;
        readonly edits: readonly Edit[];
        readonly holds: HoldChange | undefined;
      }
    | undefined;
}

/** What waits on a branch: two requests, or one where nothing does. Throws as reading a config repo does. */
export async function listWaiting(
  world: World,
  place: Pick<DeliveryPlan, 'repo' | 'branch'>,
  credential: GitCredential | undefined,
  { idleMs }: { readonly idleMs?: number } = {},
): Promise<readonly Waiting[]> {
  const question = async (repo: ConfigRepo) => {
    const { intents } = await repo.look();
    const intentRefs = openIntentRefs(repo.remote, place.branch, queueKeyIn(world));
    const read = await intentRefs.read(intents);
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
  };
  return askConfigRepo(world, place, credential, question, idleMs);
}

/** An intent's times are whatever its writer put there. */
function timeOf(ms: number): string {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? new Date(0).toISOString() : time.toISOString();
}
