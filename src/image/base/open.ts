import type { Place } from '../../errors.ts';
import type { ImagePlan } from '../../plan.ts';
import type { Needed } from '../dockerfile/stages.ts';
import { type PlatformParts, showPlatform } from '../platform.ts';
import type { ImageRun } from '../run.ts';
import type { Dir } from '../tree/tree.ts';
import type { Workspace } from '../tree/workspace.ts';
import { type Base, findBase, readFiles } from './base.ts';
import type { BaseCache } from './cache.ts';
import { baseRegistry } from './mirror.ts';

/** A base image and its files. */
export interface OpenBase {
  readonly base: Base;
  readonly root: Dir;
}

/** Finds a base and reads its files. `explicit`: the platform was asked for by name. */
export type OpensBase = (
  reference: string,
  platform: PlatformParts,
  explicit: boolean,
  place: Place,
) => Promise<OpenBase>;

/** What bases are opened for. */
export interface BaseOpening {
  readonly image: ImagePlan;
  readonly run: ImageRun;
  readonly needed: Needed;
  readonly workspace: Workspace;
  readonly bases: BaseCache;
  /** Every file of every base may be wanted. */
  readonly keepAll: boolean;
  readonly tell: (line: string) => void;
}

/** Opens bases for one platform of one image; the same base is read once, and within a run found once. */
export function baseOpener(opening: BaseOpening): OpensBase {
  const { needed, workspace, bases, keepAll, tell } = opening;
  const opened = new Map<string, Promise<OpenBase>>();
  const copied = copiedImages(needed);
  return (reference, platform, explicit, place) => {
    const key = `${reference} ${showPlatform(platform)}`;
    const found = opened.get(key) ?? open(reference, platform, explicit, place);
    opened.set(key, found);
    return found;
  };

  async function open(reference: string, platform: PlatformParts, explicit: boolean, place: Place): Promise<OpenBase> {
    const { run, image } = opening;
    const implicit = !explicit && image.platforms.length === 0;
    const registryFor = (host: string) => baseRegistry(run, image, host);
    const base = await run.once(`base ${reference} ${showPlatform(platform)} ${implicit}`, () =>
      findBase({ reference, platform, implicit, place, registryFor }),
    );
    tell(`[${showPlatform(platform)}] FROM ${base.name} is ${base.digest}`);
    const contents = keepAll || copied.has(reference);
    const read = () => readFiles(base, { workspace, contents }, place);
    // Contents lie in this image's workspace and go with it; without them, the files serve every image of the run.
    const root = contents ? await read() : await run.once(`files ${base.digest}`, () => cached(base, bases, read));
    return { base, root };
  }
}

// Bytes of all layers, compressed. What is smaller is read as fast from its registry.
const worthKeeping = 4 * 1024 * 1024;

/** A base's files as this machine knows them from an earlier build, or as `read` finds them. */
async function cached(base: Base, cache: BaseCache, read: () => Promise<Dir>): Promise<Dir> {
  if (base.manifest.layers.reduce((sum, { size }) => sum + size, 0) < worthKeeping) return read();
  const known = await cache.load(base.digest);
  if (known !== undefined) return known;
  const root = await read();
  cache.save(base.digest, root);
  return root;
}

/** Images that something is copied out of, directly or through a stage built on them. */
function copiedImages(needed: Needed): Set<string> {
  const byIndex = new Map(needed.stages.map((stage) => [stage.stage.index, stage]));
  const images = new Set<string>();
  const visit = (index: number): void => {
    const base = byIndex.get(index)?.base;
    if (base?.is === 'image') images.add(base.reference);
    else if (base?.is === 'stage') visit(base.index);
  };
  for (const stage of needed.stages) {
    for (const origin of stage.copies.values()) {
      if (origin.is === 'image') images.add(origin.reference);
      else if (origin.is === 'stage') visit(origin.index);
    }
  }
  return images;
}
