import { TagboatError } from '../../errors.ts';
import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import type { World } from '../../wire/world.ts';
import { filesOf, loadRewrite } from '../edit/rewrite.ts';
import { askConfigRepo } from '../repo/ask.ts';
import type { ConfigRepo } from '../repo/config-repo.ts';

/** A delivery about to be made on a tip, and the way into the repository of the one whose values it gets. */
interface Promoted {
  readonly world: World;
  readonly delivery: DeliveryPlan;
  readonly repo: ConfigRepo;
  readonly sourceCredential?: GitCredential | undefined;
}

/**
 * Refuses values that the delivery they are promoted from has no more: asked before each push. On one branch that is as
 * sure as the push itself, whose lock is the tip; elsewhere a moment is left between. Throws PROMOTION_MOVED.
 */
export async function refuseMoved({ world, delivery, repo, sourceCredential }: Promoted, tip: ObjectId): Promise<void> {
  const { promotes } = delivery;
  if (promotes === undefined) return;
  const { places, values, byUs } = promotes;
  const isHere = promotes.repo === delivery.repo && promotes.branch === delivery.branch;
  if (isHere && tip === promotes.tip) return;
  const rewrite = await loadRewrite();
  const valuesAt = async (at: ConfigRepo, commit: ObjectId) =>
    rewrite(await at.readFiles(commit, filesOf(places)), [], places).values;
  const now = isHere
    ? await valuesAt(repo, tip)
    : await askConfigRepo(world, promotes, sourceCredential, async (at) => valuesAt(at, await at.readTip()));
  const moved = now.findIndex((value, at) => value !== values[at] && value !== byUs[at]);
  const place = places[moved];
  if (place === undefined) return;
  const { file, path } = place;
  const [was = '', is = ''] = [values[moved], now[moved]];
  const data = { from: promotes.name, delivery: delivery.name, file, path, was, is };
  throw new TagboatError('PROMOTION_MOVED', data, { place: { file } });
}
