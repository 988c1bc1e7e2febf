import { reportOf, TagboatError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { type ImageOutcome, type ImagePlan, type ImagePreview, imageName, type RegistryCredential } from '../plan.ts';
import { parseReference } from '../wire/oci/reference.ts';
import type { Digest } from '../wire/oci/types.ts';
import type { World } from '../wire/world.ts';
import { atRegistry } from './assemble/base.ts';
import type { Target } from './assemble/push.ts';
import { assemble } from './assemble.ts';
import { chooseEngine } from './choose.ts';
import type { Needed } from './dockerfile/stages.ts';
import type { Builder } from './engine/build.ts';
import { buildWithBuildah } from './engine/buildah.ts';
import { buildWithBuildx } from './engine/buildx.ts';
import { buildWithDocker } from './engine/docker.ts';
import { type BuildLog, createBuildLog } from './engine/log.ts';
import { withLogin } from './engine/login.ts';
import type { BuildProgress } from './engine/rawjson.ts';
import type { Tool } from './engine/tool.ts';
import { prepare, probing } from './prepare.ts';
import { findReusable } from './reuse.ts';
import { type Run, runOf } from './run.ts';
import { type BuildContext, registryOf } from './shelves.ts';

const builders: Readonly<Record<Tool, Builder>> = {
  buildx: buildWithBuildx,
  docker: buildWithDocker,
  buildah: buildWithBuildah,
};

/**
 * Builds an image and pushes it, or finds that it needn't: a pure answer either way, with the digest read back from the
 * registry. Emits `image.started`, `image.log` and `notice`; when it throws, `image.failed` with the log's last lines
 * has been emitted before. `image.finished` is the caller's.
 */
export async function buildImage(
  world: World,
  emit: Emit,
  image: ImagePlan,
  context: BuildContext,
): Promise<ImageOutcome> {
  const log = createBuildLog((line) => emit({ type: 'image.log', image: image.name, line }));
  try {
    return await build(world, emit, image, context, log);
  } catch (error) {
    world.signal.throwIfAborted();
    emit({ type: 'image.failed', image: image.name, error: reportOf(error), log: log.last() });
    throw error;
  }
}

/** What buildImage would do: build or reuse, with which engine and why. Reads the registry, writes nothing anywhere. */
export async function previewImage(world: World, image: ImagePlan, context: BuildContext): Promise<ImagePreview> {
  const run = runOf(world, context);
  const about = { name: image.name, reference: imageName(image) };
  const reusable = await findReusable(image, context.source, targetOf(image, run));
  if (reusable !== undefined) return { is: 'reused', ...about, ...reusable };
  const { choice } = await prepare(world, image, run);
  return { is: 'built', ...about, ...choice };
}

async function build(
  world: World,
  emit: Emit,
  image: ImagePlan,
  context: BuildContext,
  log: BuildLog,
): Promise<ImageOutcome> {
  const start = world.clock.now();
  const run = runOf(world, context);
  const target = targetOf(image, run);
  const about = { name: image.name, reference: imageName(image) };
  const seconds = () => (world.clock.now() - start) / 1_000;
  const reusable = await findReusable(image, context.source, target);
  if (reusable !== undefined) return { is: 'reused', ...about, ...reusable, seconds: seconds() };

  const { dockerfile, needed, choice } = await prepare(world, image, run);
  emit({ type: 'image.started', image: image.name, engine: choice.engine, why: choice.why });
  const warn = (message: string) =>
    emit({ type: 'notice', level: 'warning', stage: 'build', message: `${image.name}: ${message}` });
  let reported: Digest | undefined;
  let { engine, why } = choice;
  if (engine === 'assemble' && dockerfile !== undefined) {
    try {
      reported = await assemble(world, { image, dockerfile, source: context.source, run, tell: log.line, warn });
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
  const { sbom = false, provenance = false } = image.attest ?? {};
  if (engine !== 'buildx' && (sbom !== false || provenance !== false)) {
    warn(`attestations are BuildKit's work, and ${engine} built it: there are none. \`engine: buildx\` makes them.`);
  }
  if (engine !== 'assemble') {
    const progress = (how: BuildProgress) => emit({ type: 'image.progress', image: image.name, ...how });
    reported = await buildWith(engine, world, image, { needed, run, context, log, warn, progress });
  }
  const digest = await readBack(target, about.reference, reported);
  return { is: 'built', ...about, digest, engine, why, seconds: seconds() };
}

interface Building {
  readonly needed: Needed;
  readonly run: Run;
  readonly context: BuildContext;
  readonly log: BuildLog;
  readonly warn: (message: string) => void;
  readonly progress: (progress: BuildProgress) => void;
}

async function buildWith(
  engine: Tool,
  world: World,
  image: ImagePlan,
  { needed, context, log, warn, progress }: Building,
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
  const job = { image, source, log, insecure, warn, progress };
  return withLogin(credentials, world, (login) => builders[engine](world, { ...job, login }));
}

/** The registries that the needed stages' images come from. */
function baseHosts({ stages }: Needed): string[] {
  const origins = stages.flatMap(({ base, copies }) => [base, ...copies.values()]);
  const hosts = origins.flatMap((origin) => (origin.is === 'image' ? [parseReference(origin.reference)?.host] : []));
  return [...new Set(hosts.filter((host) => host !== undefined))];
}

function targetOf(image: ImagePlan, run: Run): Target {
  return { shelf: run.shelves(image.registry), repository: image.repository, tag: image.tag };
}

/** Asks the registry what the tag means now. What was reported isn't believed before. */
async function readBack(
  { shelf, repository, tag }: Target,
  reference: string,
  reported: Digest | undefined,
): Promise<Digest> {
  const found = await atRegistry(shelf, repository, tag, () => shelf.client.headManifest(repository, tag));
  if (found === undefined) throw new TagboatError('PUSH_UNCONFIRMED', { reference });
  if (reported !== undefined && reported !== found.digest) {
    throw new TagboatError('DIGEST_MISMATCH', { reference, reported, found: found.digest });
  }
  return found.digest;
}
