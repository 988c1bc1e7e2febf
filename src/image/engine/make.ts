import { TagboatError } from '../../errors.ts';
import type { Emit } from '../../events.ts';
import type { Engine, ImagePlan, RegistryCredential } from '../../plan.ts';
import { parseReference } from '../../wire/oci/reference.ts';
import type { Digest } from '../../wire/oci/types.ts';
import type { World } from '../../wire/world.ts';
import { assemble } from '../assemble/assemble.ts';
import { atRegistry } from '../base/base.ts';
import type { Needed } from '../dockerfile/stages.ts';
import { type Prepared, probing } from '../prepare.ts';
import { targetOf } from '../reuse/decide.ts';
import { runOf } from '../run.ts';
import { type BuildContext, registryOf } from '../shelves.ts';
import type { Builder, Freshness } from './build.ts';
import { buildWithBuildah } from './buildah.ts';
import { buildWithBuildx } from './buildx.ts';
import { chooseEngine } from './choose.ts';
import { buildWithDocker } from './docker.ts';
import type { BuildLog } from './log.ts';
import { withLogin } from './login.ts';
import type { BuildProgress } from './rawjson.ts';
import type { Tool } from './tool.ts';

const builders: Readonly<Record<Tool, Builder>> = {
  buildx: buildWithBuildx,
  docker: buildWithDocker,
  buildah: buildWithBuildah,
};

/** An image as it was made and pushed. */
export interface Made {
  readonly engine: Engine;
  /** Why this engine, as a sentence. */
  readonly why: string;
  /** What the engine says it pushed, where it says so. */
  readonly reported: Digest | undefined;
}

export interface Making {
  readonly context: BuildContext;
  readonly prepared: Prepared;
  readonly log: BuildLog;
  readonly emit: Emit;
  readonly freshness: Freshness;
  /** Called once all that is read of the context is read, where that is known before the push. */
  readonly built: () => void;
}

/** Builds an image with the engine chosen and pushes it. Emits `image.started` and warnings. */
export async function make(
  world: World,
  image: ImagePlan,
  { context, prepared, log, emit, freshness, built }: Making,
): Promise<Made> {
  const run = runOf(world, context);
  const { dockerfile, needed, choice } = prepared;
  emit({ type: 'image.started', image: image.name, engine: choice.engine, why: choice.why });
  const warn = (message: string) =>
    emit({ type: 'notice', level: 'warning', stage: 'build', message: `${image.name}: ${message}` });
  let { engine, why } = choice;
  if (engine === 'assemble' && dockerfile !== undefined) {
    try {
      const job = { image, dockerfile, source: context.source, run, tell: log.line, warn };
      const reported = await assemble(world, job);
      warnOfUnmet(image, engine, warn);
      return { engine, why, reported };
    } catch (error) {
      // What only the base image tells (an ONBUILD trigger, a packing) can still call for a builder; nothing is pushed yet.
      if (image.engine !== 'auto' || !(error instanceof TagboatError) || error.code !== 'ASSEMBLE_NEEDS_BUILDER')
        throw error;
      const place = error.place ?? { file: image.dockerfile };
      const need = { what: (error as TagboatError<'ASSEMBLE_NEEDS_BUILDER'>).data.needs, place };
      ({ engine, why } = await chooseEngine(image, need, probing(world, image, run)));
      emit({ type: 'image.started', image: image.name, engine, why });
    }
  }
  warnOfUnmet(image, engine, warn);
  if (engine === 'assemble') return { engine, why, reported: undefined };
  const progress = (how: BuildProgress) => emit({ type: 'image.progress', image: image.name, ...how });
  return {
    engine,
    why,
    reported: await buildWith(engine, world, image, { needed, context, log, warn, progress, freshness, built }),
  };
}

/** Says what the config asks for and this engine can't do. Where the engine is named in the config, that refuses it. */
function warnOfUnmet({ attest, compression }: ImagePlan, engine: Engine, warn: (message: string) => void): void {
  const { sbom = false, provenance = false } = attest ?? {};
  if (engine !== 'buildx' && (sbom !== false || provenance !== false)) {
    warn(`attestations are BuildKit's work, and ${engine} built it: there are none. \`engine: buildx\` makes them.`);
  }
  if (compression === 'zstd' && (engine === 'docker' || engine === 'buildah')) {
    warn(`${engine} packs layers with gzip, not with zstd.`);
  }
}

interface Building {
  readonly needed: Needed;
  readonly context: BuildContext;
  readonly log: BuildLog;
  readonly warn: (message: string) => void;
  readonly progress: (progress: BuildProgress) => void;
  readonly freshness: Freshness;
  readonly built: () => void;
}

async function buildWith(
  engine: Tool,
  world: World,
  image: ImagePlan,
  { needed, context, log, warn, progress, freshness, built }: Building,
): Promise<Digest | undefined> {
  const registries = [image.registry, ...baseHosts(needed).map((host) => registryOf(host, image.registry))];
  const credentials = new Map<string, RegistryCredential>();
  for (const registry of registries) {
    if (credentials.has(registry.host)) continue;
    const credential = await context.credential(registry);
    if (credential === undefined) continue;
    world.mask(credential.password.reveal());
    credentials.set(registry.host, credential);
  }
  const insecure = registries.some((registry) => registry.insecure);
  const { source } = context;
  const { shelf, repository, tag } = targetOf(image, runOf(world, context));
  const pushed = () => atRegistry(shelf, repository, tag, () => shelf.client.getManifest(repository, tag));
  const job = { image, source, log, insecure, warn, progress, freshness, built, pushed };
  return withLogin(credentials, world, (login) => builders[engine](world, { ...job, login }));
}

/** The registries that the needed stages' images come from. */
function baseHosts({ stages }: Needed): string[] {
  const origins = stages.flatMap(({ base, copies }) => [base, ...copies.values()]);
  const hosts = origins.flatMap((origin) => (origin.is === 'image' ? [parseReference(origin.reference)?.host] : []));
  return [...new Set(hosts.filter((host) => host !== undefined))];
}
