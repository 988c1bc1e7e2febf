import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Attest, type BuilderTls, type Compression, givenMarks, type NamedContext } from '../../plan/image.ts';
import { type ImagePlan, imageName } from '../../plan.ts';
import { parseObject } from '../../wire/oci/manifest.ts';
import { cacheTags } from '../cache-tag.ts';
import type { ImageJob } from '../job.ts';
import { type Builder, buildFlags, digestIn, runStep } from './build.ts';
import { buildxProgram } from './buildx-program.ts';
import { readRawJson } from './rawjson.ts';
import { secretFlags } from './secrets.ts';
import { buildxDriver, isAddress, writesRawJson } from './tool.ts';

/** `docker buildx build --push`: BuildKit pushes itself, nothing passes through this machine's image store. */
export const buildWithBuildx: Builder = async (job, building) => {
  const { image, log, run } = job;
  const { login } = building;
  const { world, emit } = run;
  const metadata = join(login.dir, 'metadata.json');
  const remote = image.builder !== undefined && isAddress(image.builder);
  const { program, env: asPlugin } = await buildxProgram(run);
  // A builder made for this build alone: it goes with the login's folder.
  const env = {
    ...asPlugin,
    DOCKER_CONFIG: login.dir,
    BUILDX_CONFIG: remote ? join(login.dir, 'buildx') : login.buildxDir,
    // The metadata file would tell it too, of which only the digest is read: buildx asks BuildKit for it for a second.
    BUILDX_METADATA_PROVENANCE: 'disabled',
  };
  const secret = secretFlags(image, world.env);
  if (remote && image.builder !== undefined) {
    const driver = ['--driver', 'remote', ...tlsFlags(image.builderTls)];
    const create = ['buildx', 'create', ...driver, '--name', remoteName, image.builder];
    await runStep(job, 'buildx', 'build', { program, args: create, env });
  }
  const builder = remote ? remoteName : image.builder;
  const [raw, driver] = await Promise.all([
    writesRawJson(run),
    remote || !image.cache ? 'remote' : buildxDriver(image.builder, run),
  ]);
  const args = [
    ...['buildx', 'build', ...outputFlags(image.compression)],
    ...['--progress', raw ? 'rawjson' : 'plain'],
    ...['--metadata-file', metadata],
    ...['--tag', imageName(image)],
    ...(builder === undefined ? [] : ['--builder', builder]),
    ...attestFlags(image.attest),
    ...annotationFlags(image),
    ...(image.contexts ?? []).flatMap((one) => ['--build-context', `${one.name}=${contextValue(one)}`]),
    ...secret.args,
    ...buildFlags(job, building),
    ...(image.cache ? cacheFlags(job, driver) : []),
  ];
  const reader = raw
    ? readRawJson({
        line: log.line,
        progress: (how) => {
          emit({ type: 'image.progress', image: image.name, ...how });
          // By now BuildKit has read all files, and is busy for a while.
          if (how.step.startsWith('exporting to ')) building.built();
        },
      })
    : undefined;
  const reading = reader === undefined ? {} : { onLine: reader.line, longestLine: mostStatus };
  // BuildKit exports and pushes in a step of its own, buildx in another one where the daemon's store has the image.
  const step = () => {
    const failed = reader?.failed().filter(({ name }) => !name.startsWith(cacheStep)) ?? [];
    return failed.length > 0 && failed.every(({ name }) => /^(?:exporting to|pushing) /.test(name)) ? 'push' : 'build';
  };
  await runStep(
    job,
    'buildx',
    step,
    { program, args: [...args, image.context], env: { ...secret.env, ...env } },
    reading,
  );
  // The build succeeded, so it's not the image that this is about.
  for (const { name, error } of reader?.failed() ?? []) {
    if (name.startsWith(cacheStep)) job.tell('warning', 'BUILD_CACHE_FAILED', `${error} (${name}). ${aboutCache}`);
  }
  const written = await readFile(metadata).catch(() => undefined);
  return digestIn(written === undefined ? undefined : parseObject(written)?.['containerimage.digest']);
};

// One line of its JSON holds whatever a step printed since the last one.
const mostStatus = 8 * 1024 * 1024;

const cacheStep = 'exporting cache';
const remoteName = 'tagboat';
const aboutCache =
  'The image is there; only its build cache is not. Where tags never change, exempt cache-* or set `cache: false`.';

/** To the registry. Layers that a base or the cache has in another compression stay as they are. */
function outputFlags(compression: Compression | undefined): string[] {
  if (compression === undefined || compression === 'gzip') return ['--push'];
  return ['--output', `type=image,push=true,oci-mediatypes=true,compression=${compression}`];
}

/** The options that make the driver `remote` speak TLS, as CSV: a path may have a comma in it. */
function tlsFlags(tls: BuilderTls | undefined): string[] {
  if (tls === undefined) return [];
  const options = { cacert: tls.ca, ...tls.client, servername: tls.serverName };
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : ['--driver-opt', `"${name}=${value.replaceAll('"', '""')}"`],
  );
}

/** Where a named context is, as buildx writes it; folders are absolute. */
function contextValue(context: NamedContext): string {
  switch (context.is) {
    case 'folder':
      return context.dir;
    case 'image':
      return `docker-image://${context.reference}`;
    case 'layout': {
      const { dir, tag, digest } = context;
      return `oci-layout://${dir}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
    }
    case 'fetched':
      return context.url;
  }
}

/** Said one way or the other: BuildKit's default would make an index of every single image, another one at each build. */
function attestFlags(attest: Attest | undefined): string[] {
  const { sbom = false, provenance = false } = attest ?? {};
  return [
    provenance === false ? '--provenance=false' : `--attest=type=provenance,mode=${provenance}`,
    ...(sbom === false ? [] : [`--attest=type=sbom${sbom === true ? '' : `,generator=${sbom}`}`]),
  ];
}

/** Of the manifest, and of the index where one is made. */
function annotationFlags({ annotations, platforms, attest }: ImagePlan): string[] {
  const isIndex =
    platforms.length > 1 || (attest !== undefined && (attest.sbom !== false || attest.provenance !== false));
  const of = isIndex ? 'manifest,index' : 'manifest';
  return givenMarks(annotations).flatMap(([name, value]) => ['--annotation', `${of}:${name}=${value}`]);
}

/** The cache lies beside the image, as tags of its own, in the form that ECR takes too. */
function cacheFlags({ image, run, log }: ImageJob, driver: string | undefined): string[] {
  if (driver === 'docker') {
    log.line('The buildx driver docker keeps no cache in a registry; another builder does.');
    return [];
  }
  const { read, write } = cacheTags(image, run.source);
  const ref = (tag: string) => `type=registry,ref=${image.registry.host}/${image.repository}:${tag}`;
  return [
    ...read.flatMap((tag) => ['--cache-from', ref(tag)]),
    // A cache that can't be written must not fail a build that is done.
    ...(write === undefined
      ? []
      : ['--cache-to', `${ref(write)},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true`]),
  ];
}
