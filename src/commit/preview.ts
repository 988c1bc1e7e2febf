import type { CommitPreview, DeliveryPlan, GitCredential } from '../plan.ts';
import type { World } from '../wire/world.ts';
import { heldBy, loadCompose } from './compose.ts';
import { openConfigRepo } from './config-repo.ts';
import { explain } from './explain.ts';
import { guard } from './guard.ts';
import { readHolds } from './holds.ts';
import { defaultIdleMs } from './land.ts';
import type { Lineage } from './lineage.ts';
import { filesTouched } from './rewrite.ts';
import { verifiedWay } from './verified.ts';

/** Reading alone is over in seconds, or it is no use waiting. */
const mostMs = 120_000;

/** What landing this delivery would change at the tip as it is now. Writes nothing. Throws as `landDelivery` does. */
export async function previewDelivery(
  world: World,
  delivery: DeliveryPlan,
  credential: GitCredential | undefined,
  options: { readonly idleMs?: number; readonly lineage?: Lineage | undefined } = {},
): Promise<CommitPreview> {
  const files = filesTouched(delivery);
  verifiedWay(delivery, credential);
  const loading = loadCompose();
  const repo = openConfigRepo(world, delivery, {
    credential,
    idleMs: options.idleMs ?? defaultIdleMs,
    deadline: world.clock.now() + mostMs,
    notice: () => undefined,
  });
  try {
    const tip = await repo.readTip();
    const snapshot = await repo.readFiles(tip, files);
    const [compose, holds] = await Promise.all([loading, readHolds(snapshot)]);
    const { rewriting, broken } = compose(snapshot, holds, delivery, world.clock.now());
    const { changes, diff } = rewriting;
    const guarded = { delivery, remote: repo.remote, lineage: options.lineage };
    const held = broken === undefined ? undefined : heldBy(broken, delivery);
    const instead = held ?? (changes.length === 0 ? undefined : await guard(guarded, tip, rewriting));
    const at = { delivery: delivery.name, repo: delivery.repo, branch: delivery.branch };
    return { ...at, tip, changes, diff, ...(instead === undefined ? {} : { instead }) };
  } catch (error) {
    throw explain(error, { delivery, credential, doing: 'read' });
  } finally {
    await repo.close();
  }
}
