import type { StandingHold } from '../../plan/listed.ts';
import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import type { World } from '../../wire/world.ts';
import { askConfigRepo } from '../repo/ask.ts';
import { activeHolds, readHolds } from './holds.ts';

/** The holds on a branch, in the file's order. Throws HOLDS_INVALID, and as reading a config repo does. */
export async function listHolds(
  world: World,
  place: Pick<DeliveryPlan, 'repo' | 'branch'>,
  credential: GitCredential | undefined,
  { idleMs }: { readonly idleMs?: number } = {},
): Promise<readonly StandingHold[]> {
  return askConfigRepo(
    world,
    place,
    credential,
    async (repo) => {
      // The holds are read along with whatever is asked for.
      const holds = readHolds(await repo.readPaths(await repo.readTip(), []), undefined);
      const active = new Set(activeHolds(holds, world.clock.now()));
      return holds.map((hold) => ({ ...hold, ended: !active.has(hold) }));
    },
    idleMs,
  );
}
