import type { CommitPreview, DeliveryPlan, GitCredential } from '../plan.ts';
import type { World } from '../wire/world.ts';
import { openConfigRepo } from './config-repo.ts';
import { explain } from './explain.ts';
import { guard } from './guard.ts';
import { defaultIdleMs } from './land.ts';
import type { Lineage } from './lineage.ts';
import { filesOf, loadRewrite } from './rewrite.ts';
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
  const files = filesOf(delivery.edits);
  verifiedWay(delivery, credential);
  const rewriting = loadRewrite();
  const repo = openConfigRepo(world, delivery, {
    credential,
    idleMs: options.idleMs ?? defaultIdleMs,
    deadline: world.clock.now() + mostMs,
    notice: () => undefined,
  });
  try {
    const tip = await repo.readTip();
    const snapshot = await repo.readFiles(tip, files);
    const rewritten = (await rewriting)(snapshot, delivery.edits);
    const { changes, diff } = rewritten;
    const guarded = { delivery, remote: repo.remote, lineage: options.lineage };
    const instead = changes.length === 0 ? undefined : await guard(guarded, tip, rewritten);
    const at = { delivery: delivery.name, repo: delivery.repo, branch: delivery.branch };
    return { ...at, tip, changes, diff, ...(instead === undefined ? {} : { instead }) };
  } catch (error) {
    throw explain(error, { delivery, credential, doing: 'read' });
  } finally {
    await repo.close();
  }
}
