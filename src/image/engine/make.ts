import { TagboatError } from '../../errors.ts';
import type { Engine, RegistryCredential } from '../../plan.ts';
import { parseReference } from '../../wire/oci/reference.ts';
import type { Digest } from '../../wire/oci/types.ts';
import { assemble } from '../assemble/assemble.ts';
import { cacheTags } from '../cache-tag.ts';
import type { Needed } from '../dockerfile/stages.ts';
import type { ImageJob } from '../job.ts';
import { registryOf } from '../registry.ts';
import type { Builder, Building, Freshness } from './build.ts';
import { buildWithBuildah } from './buildah.ts';
import { baseReferences } from './builder-input.ts';
import { buildWithBuildx } from './buildx.ts';
import { chooseEngine } from './choose.ts';
import { buildWithDocker } from './docker.ts';
import { withLogin } from './login.ts';
import { type Prepared, probing } from './prepare.ts';
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

/** Builds an image with the engine chosen and pushes it. Emits `image.started` and warnings. */
export async function makeImage(
  job: ImageJob,
  { dockerfile, needed, choice }: Prepared,
  how: Pick<Building, 'freshness' | 'built'>,
): Promise<Made> {
  const { run, image } = job;
  run.emit({ type: 'image.started', image: image.name, engine: choice.engine, why: choice.why });
  let { engine, why } = choice;
  if (engine === 'assemble' && dockerfile !== undefined) {
    try {
      const reported = await assemble(job, dockerfile, earlierTags(job, how.freshness));
      warnOfUnmet(job, engine, needed);
      return { engine, why, reported };
    } catch (error) {
      // What only the base image tells (an ONBUILD trigger, a packing) can still call for a builder; nothing is pushed yet.
      if (image.engine !== 'auto' || !(error instanceof TagboatError) || error.code !== 'ASSEMBLE_NEEDS_BUILDER')
        throw error;
      const place = error.place ?? { file: image.dockerfile };
      const need = { what: (error as TagboatError<'ASSEMBLE_NEEDS_BUILDER'>).data.needs, place };
      ({ engine, why } = await chooseEngine(image, need, probing(run, image)));
      run.emit({ type: 'image.started', image: image.name, engine, why });
    }
  }
  warnOfUnmet(job, engine, needed);
  if (engine === 'assemble') return { engine, why, reported: undefined };
  return { engine, why, reported: await buildWith(engine, job, needed, how) };
}

/** The tags of earlier images whose layers are taken where the registry has them. */
function earlierTags({ image, run }: ImageJob, { steps, lacking }: Freshness): readonly string[] {
  if (lacking !== undefined) return [lacking];
  return steps || !image.cache ? [] : cacheTags(image, run.source).read;
}

/** Says what the config asks for and this engine can't do. Where the engine is named in the config, that refuses it. */
function warnOfUnmet(
  { image: { attest, compression, annotations }, tell }: ImageJob,
  engine: Engine,
  { stages }: Needed,
): void {
  if (engine === 'buildah' && annotations !== undefined) {
    const all = stages.flatMap(({ stage }) => stage.instructions);
    const lost = all.find(({ is }) => is === 'healthcheck' || is === 'onbuild');
    if (lost !== undefined) {
      const what = `buildah keeps annotations in OCI's format, which has no place for line ${lost.at.line} of the Dockerfile`;
      const instead = `(${lost.is.toUpperCase()}): the image is without it. \`engine: buildx\` keeps both.`;
      tell('warning', 'ENGINE_LACKS', `${what} ${instead}`);
    }
  }
  const { sbom = false, provenance = false } = attest ?? {};
  if (engine !== 'buildx' && (sbom !== false || provenance !== false)) {
    const instead = '`engine: buildx` makes them.';
    const why = `attestations are BuildKit's work, and ${engine} built it: there are none.`;
    tell('warning', 'ENGINE_LACKS', `${why} ${instead}`);
  }
  if (compression === 'zstd' && (engine === 'docker' || engine === 'buildah')) {
    tell('warning', 'ENGINE_LACKS', `${engine} packs layers with gzip, not with zstd.`);
  }
}

/** Builds with a program, which is lent the credentials of every registry that it has to reach. */
async function buildWith(
  engine: Tool,
  job: ImageJob,
  needed: Needed,
  how: Pick<Building, 'freshness' | 'built'>,
): Promise<Digest | undefined> {
  const { run, image } = job;
  const bases = baseReferences(needed);
  const registries = [image.registry, ...hostsOf(bases).map((host) => registryOf(host, image.registry))];
  const credentials = new Map<string, RegistryCredential>();
  for (const registry of registries) {
    if (credentials.has(registry.host)) continue;
    const credential = await run.credential(registry);
    if (credential !== undefined) credentials.set(registry.host, credential);
  }
  const insecure = registries.some((registry) => registry.insecure);
  return withLogin(credentials, run.world, (login) => builders[engine](job, { ...how, bases, insecure, login }));
}

/** The registries that images come from. */
function hostsOf(references: readonly string[]): string[] {
  const hosts = references.map((reference) => parseReference(reference)?.host);
  return [...new Set(hosts.filter((host) => host !== undefined))];
}
