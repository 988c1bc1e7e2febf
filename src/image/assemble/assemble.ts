import { TagboatError } from '../../errors.ts';
import { givenMarks, type Mark } from '../../plan/image.ts';
import type { ImagePlan, Source } from '../../plan.ts';
import { WireFailure } from '../../wire/failure.ts';
import type { Digest, ManifestBytes } from '../../wire/oci/types.ts';
import type { World } from '../../wire/world.ts';
import type { Base } from '../base/base.ts';
import { type BaseCache, openBaseCache } from '../base/cache.ts';
import type { RunConfig } from '../base/config.ts';
import { baseOpener } from '../base/open.ts';
import { cacheTags } from '../cache-tag.ts';
import { type Context, openContext } from '../context/context.ts';
import type { Dockerfile } from '../dockerfile/dockerfile.ts';
import { neededStages } from '../dockerfile/stages.ts';
import type { ImageJob } from '../job.ts';
import { nothingKnown, type Packed, packLayer } from '../layer/blob.ts';
import { type Packer, packerFor } from '../layer/packer.ts';
import { layerArchive } from '../layer/write.ts';
import { allInParallel } from '../parallel.ts';
import { type PlatformParts, readPlatform, showPlatform } from '../platform.ts';
import type { Destination } from '../registry.ts';
import { NotKept } from '../tree/tree.ts';
import { createWorkspace, machineTrouble, type Workspace } from '../tree/workspace.ts';
import { readKnownLayers } from './known-layers.ts';
import { type Assembled, pushImage, sendBase, sendNew } from './push.ts';
import { buildStages, type DoneStage, type LayerChanges } from './stage.ts';

/** Puts an image together and pushes it; answers its digest. Layers of `earlier` tags' images aren't made again. */
export async function assemble(job: ImageJob, dockerfile: Dockerfile, earlier: readonly string[]): Promise<Digest> {
  const { image, target, log } = job;
  const { world, source } = job.run;
  const workspace = await createWorkspace(world.env, world.signal);
  const bases = openBaseCache(world.env);
  try {
    const platforms = image.platforms.length === 0 ? [job.run.machine] : image.platforms;
    const room = { workspace, bases, earlier };
    const images = await allInParallel(platforms, platformsAtOnce, (platform) =>
      assembleWhole(job, dockerfile, readPlatform(platform), room),
    );
    const manifest = await pushImage(images, target, log.line, (made) => {
      const tag = image.cache ? cacheTags(image, source).write : undefined;
      return remember(made, target, tag, log.line);
    });
    return manifest.digest;
  } catch (error) {
    // What is wrong with a file of the app repo has been said already.
    if (error instanceof TagboatError && error.code === 'CONTEXT_UNREADABLE') throw error;
    throw machineTrouble(error, workspace.dir) ?? error;
  } finally {
    await bases.settled();
    await workspace.remove();
  }
}

function packerOf({ compression = 'gzip', dockerfile }: ImagePlan): Packer {
  const packer = packerFor(compression);
  if (packer !== undefined) return packer;
  const needs = `its layers are to be packed with ${compression}, which takes Node.js 22.15 or later`;
  throw new TagboatError('ASSEMBLE_NEEDS_BUILDER', { needs }, { place: { file: dockerfile } });
}

// Their layers are made beside each other; more would only hold more in memory.
const platformsAtOnce = 2;

// Each takes a thread for compressing, and the next ones wait for the network or the disk.
const layersAtOnce = 3;

/** Names the image by the cache's tag too, so that the next build finds its layers. A registry may refuse; nothing depends on it. */
async function remember(
  manifest: ManifestBytes,
  target: Destination,
  tag: string | undefined,
  tell: (line: string) => void,
): Promise<void> {
  if (tag === undefined) return;
  try {
    await target.registry.client.putManifest(target.repository, tag, manifest);
  } catch (error) {
    if (!(error instanceof WireFailure)) throw error;
    tell(`${tag} stays as it is: ${error.message}`);
  }
}

/** Where things lie while an image is put together. */
interface Room {
  readonly workspace: Workspace;
  readonly bases: BaseCache;
  /** Tags of images whose layers are taken, as far as the registry has them. */
  readonly earlier: readonly string[];
}

/** An archive may link to a file of the base that nothing told us to keep: then once more, and everything is kept. */
async function assembleWhole(
  job: ImageJob,
  dockerfile: Dockerfile,
  platform: PlatformParts,
  room: Room,
): Promise<Assembled> {
  try {
    return await assembleOne(job, dockerfile, platform, room, false);
  } catch (error) {
    if (!(error instanceof NotKept)) throw error;
    return assembleOne(job, dockerfile, platform, room, true);
  }
}

async function assembleOne(
  job: ImageJob,
  dockerfile: Dockerfile,
  platform: PlatformParts,
  { workspace, bases, earlier }: Room,
  keepAll: boolean,
): Promise<Assembled> {
  const { image, run, target, log } = job;
  const { source, world } = run;
  const needed = neededStages(dockerfile, {
    target: image.target,
    args: image.args,
    contexts: image.contexts ?? [],
    buildPlatform: run.machine,
    targetPlatform: showPlatform(platform),
  });
  const fixed = fixedTime(image, world);
  const created = new Date(fixed === undefined ? source.committedAt : fixed * 1_000)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z');
  const packer = packerOf(image);
  // Asked while the stages are gone through; the answer is wanted only after that.
  const { registry, repository } = target;
  const trusting = earlier.length > 0;
  const knowing = trusting
    ? readKnownLayers(registry.client, repository, earlier, platform, packer.compression)
    : Promise.resolve(nothingKnown);
  knowing.catch(() => undefined);
  const context = await openContext(image.name, image.context, image.dockerfile, { signal: world.signal });
  const done = await buildStages({
    dockerfile,
    needed,
    context,
    folder: createFolders(image.name, world.signal),
    args: image.args,
    platform,
    created,
    workspace,
    open: baseOpener({ image, run, needed, workspace, bases, keepAll, tell: log.line }),
    warn: (message) => job.tell('warning', 'INSTRUCTION_EMPTY', message),
    signal: world.signal,
  });
  const known = await knowing;
  // No earlier image: the repository, or this branch in it, is new, and what it may have isn't asked for piece by piece.
  const first = trusting && known.empty;
  const make = async (changes: LayerChanges): Promise<Packed> => {
    const layer = await packLayer(() => layerArchive(changes, fixed ?? layerTime), { known, workspace, packer });
    const kept = layer.blob === undefined ? ', as an earlier image has it' : '';
    log.line(`[${showPlatform(platform)}] layer ${layer.digest} with ${changes.length} entries${kept}`);
    if (layer.blob !== undefined) await sendNew(layer.blob, target, first, log.line);
    return layer;
  };
  // A layer is on its way while the next one is compressed, and the base's are mounted or carried over meanwhile.
  const sending = done.base === undefined ? undefined : sendBase(done.base, target, first, log.line);
  const [made, sent] = await Promise.allSettled([allInParallel(done.layers, layersAtOnce, make), sending]);
  if (made.status === 'rejected') throw made.reason;
  if (sent.status === 'rejected') throw sent.reason;
  return {
    platform: { ...platform },
    base: done.base,
    layers: made.value,
    first,
    config: {
      ...done.config,
      created,
      ...(image.platforms.length === 0 ? {} : configPlatform(platform)),
      ...(image.labels === undefined ? {} : { config: labelled(done.config.config, image.labels) }),
    },
    annotations: annotationsOf(source, created, done),
    ownAnnotations: image.annotations && Object.fromEntries(givenMarks(image.annotations)),
  };
}

/** Opens the folders of named contexts, each once. */
function createFolders(image: string, signal: AbortSignal): (dir: string) => Promise<Context> {
  const opened = new Map<string, Promise<Context>>();
  return (dir) => {
    const context = opened.get(dir) ?? openContext(image, dir, undefined, { signal });
    opened.set(dir, context);
    return context;
  };
}

function labelled(config: RunConfig, labels: readonly Mark[]): RunConfig {
  return {
    ...config,
    Labels: Object.assign(Object.create(null), config.Labels, Object.fromEntries(givenMarks(labels))),
  };
}

/** What was asked for is what the image says it is, however its base calls itself. */
function configPlatform({ os, architecture, variant }: PlatformParts) {
  return { os, architecture, ...(variant === '' ? {} : { variant }) };
}

/** The same files make the same layer at every commit: their time can't be the commit's (docs/decisions/004). */
const layerTime = 1;

/** Seconds since the epoch for all that is new in the image, where SOURCE_DATE_EPOCH says so. */
function fixedTime(image: ImagePlan, world: World): number | undefined {
  const given = image.args.SOURCE_DATE_EPOCH ?? world.env.SOURCE_DATE_EPOCH ?? '';
  return /^\d{1,11}$/.test(given) ? Number(given) : undefined;
}

/** The standard annotations (OCI image spec, annotations.md). A dirty checkout's commit isn't what was built. */
function annotationsOf(source: Source, created: string, { base }: DoneStage): Readonly<Record<string, string>> {
  const prefix = 'org.opencontainers.image';
  const from: Base | undefined = base;
  return {
    [`${prefix}.created`]: created,
    ...(source.dirty !== false ? {} : { [`${prefix}.revision`]: source.commit }),
    ...(source.url === undefined ? {} : { [`${prefix}.source`]: source.url }),
    ...(from === undefined ? {} : { [`${prefix}.base.name`]: from.name, [`${prefix}.base.digest`]: from.digest }),
  };
}
