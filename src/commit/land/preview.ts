import type { CommitPreview } from '../../plan/outcome.ts';
import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import type { World } from '../../wire/world.ts';
import { filesTouched, filesWritten } from '../edit/rewrite.ts';
import { readHolds } from '../holds/holds.ts';
import { guard } from '../order/guard.ts';
import type { Lineage } from '../order/lineage.ts';
import { guardWritten } from '../order/written.ts';
import type { Rendering } from '../render/render.ts';
import { askConfigRepo } from '../repo/ask.ts';
import { type ConfigRepo, defaultIdleMs } from '../repo/config-repo.ts';
import { openForge } from '../repo/forge.ts';
import { explainGitFailure } from '../repo/git-failure.ts';
import { heldOutcome, loadApply } from './apply.ts';
import { githubRepository, overGitHub } from './via-github.ts';

interface PreviewOptions {
  readonly idleMs?: number;
  readonly lineage?: Lineage | undefined;
  /** Whether the right to push is asked for too, where something would be pushed. Default true. */
  readonly pushes?: boolean | undefined;
  /** What becomes of the manifests is told too, made by these. */
  readonly rendering?: Rendering | undefined;
}

/** What landing this delivery would change at the tip as it is now. Writes nothing. Throws as `landDelivery` does. */
export async function previewDelivery(
  world: World,
  delivery: DeliveryPlan,
  credential: GitCredential | undefined,
  options: PreviewOptions = {},
): Promise<CommitPreview> {
  const files = filesTouched(delivery);
  const way = githubRepository(delivery, credential);
  if (delivery.via === 'pullRequest') openForge(world, delivery, credential);
  const loading = loadApply(delivery.writes !== undefined);
  const question = async (git: ConfigRepo): Promise<CommitPreview> => {
    const { lineage, idleMs = defaultIdleMs } = options;
    const patience = { lineage, idleMs, deadline: world.clock.now() + idleMs, notice: world.notice };
    const repo = way === undefined ? git : await overGitHub(world, git, way, delivery, patience);
    const { tip, isNew } = await repo.look();
    const snapshot = await repo.readFiles(tip, files, filesWritten(delivery));
    const holds = readHolds(snapshot, delivery.holds);
    const apply = await loading;
    const { rewriting, broken, change } = apply(snapshot, holds, delivery, world.clock.now());
    const { changes, written, diff, files: changed } = rewriting;
    const guarded = { delivery, repo, lineage: options.lineage };
    const held = broken === undefined ? undefined : heldOutcome(broken, delivery);
    const whole = await guardWritten(guarded, snapshot, rewriting);
    const instead = held ?? whole.instead ?? (changes.length === 0 ? undefined : await guard(guarded, tip, rewriting));
    if (changed.length > 0 && instead === undefined && options.pushes !== false && way === undefined) {
      await repo.remote.tryPush().catch((error: unknown) => {
        throw explainGitFailure(error, { delivery, credential, doing: 'push' });
      });
    }
    const at = { delivery: delivery.name, repo: delivery.repo, branch: delivery.branch };
    const more = { ...(isNew ? { isNew } : {}), ...(delivery.writes && { written }) };
    const preview = { ...at, tip, ...more, changes, diff, instead, holds: change };
    const { rendering } = options;
    if (rendering === undefined || diff === '') return preview;
    const { renderManifests } = await import('../render/render.ts');
    return { ...preview, rendered: await renderManifests(world, repo, tip, rewriting, rendering) };
  };
  return askConfigRepo(world, delivery, credential, question, options.idleMs);
}
