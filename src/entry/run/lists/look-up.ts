import type { Lists, Lookups } from '../../../config/read/lists.ts';
import type { World } from '../../../wire/world.ts';
import { readBake } from './bake.ts';
import { findFolders } from './folders.ts';

/** Looks up what a tagboat.yaml leaves to be found (`peekConfig` tells), in the app repo's folder. */
export async function lookUpImages(world: World, dir: string, { folders, bake }: Lookups): Promise<Lists> {
  const found = folders.map(async (one) => [one.pattern, await findFolders(dir, one)] as const);
  return {
    folders: new Map(await Promise.all(found)),
    bake: bake && (await readBake(world, dir, bake)),
  };
}
