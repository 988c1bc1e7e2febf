import type { HeldPlace } from '../../plan/holds.ts';
import type { ValueType } from '../../plan/value.ts';
import type { DeliveryPlan, GitCredential } from '../../plan.ts';
import { newestCommits } from '../../wire/git/ancestry.ts';
import type { ObjectId } from '../../wire/git/pack/object.ts';
import type { World } from '../../wire/world.ts';
import { filesOf, loadRewrite } from '../edit/rewrite.ts';
import { askConfigRepo } from '../repo/ask.ts';
import { lineOf, sourceText } from './earlier.ts';

/** Some places of a branch as they are. */
export interface PlacesState {
  readonly tip: ObjectId;
  /** In the places' order. */
  readonly values: readonly string[];
  /** Their types, where they can be written elsewhere as those. */
  readonly types: readonly (ValueType | undefined)[];
  /** The trailer `Tagboat-Source` of the delivery that set the first of them to what it is; undefined when by hand. */
  readonly source: string | undefined;
}

/** Generations in which the delivery that set the value is looked for. */
const mostDepth = 1_024;

/** Reads them and where they came from. Throws as `previewDelivery` does, and CONFIG_PATH_MISSING for a place that isn't. */
export async function readState(
  world: World,
  branch: Pick<DeliveryPlan, 'repo' | 'branch'>,
  places: readonly HeldPlace[],
  credential: GitCredential | undefined,
  at?: ObjectId,
): Promise<PlacesState> {
  return askConfigRepo(world, branch, credential, async (repo) => {
    const tip = at ?? (await repo.readTip());
    const snapshot = await repo.readFiles(tip, filesOf(places));
    const { values, types } = (await loadRewrite())(snapshot, [], places);
    const writerIn = (commits: Parameters<typeof lineOf>[0]) =>
      lineOf(commits, tip, places).find(({ set }) => set.size > 0);
    const isThere = (commits: Parameters<typeof lineOf>[0]): boolean => writerIn(commits) !== undefined;
    const writer = writerIn((await newestCommits(repo.remote, tip, mostDepth, isThere)) ?? new Map());
    const own =
      writer !== undefined &&
      places.every(({ file, path }, nth) => (writer.set.get(`${file}\n${path}`) ?? values[nth]) === values[nth]);
    return { tip, values, types, source: own ? sourceText(writer.message) : undefined };
  });
}
