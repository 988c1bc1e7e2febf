import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageName } from '../../plan.ts';
import { parseObject } from '../../wire/oci/manifest.ts';
import { type Builder, type BuilderJob, buildFlags, digestIn, runStep } from './build.ts';
import { buildxDriver } from './tool.ts';

/** `docker buildx build --push`: BuildKit pushes itself, nothing passes through this machine's image store. */
export const buildWithBuildx: Builder = async (world, job) => {
  const { image, login, log } = job;
  const metadata = join(login.dir, 'metadata.json');
  const env = { DOCKER_CONFIG: login.dir, BUILDX_CONFIG: login.buildxDir };
  const args = [
    'buildx',
    'build',
    '--push',
    '--progress',
    'plain',
    '--metadata-file',
    metadata,
    '--tag',
    imageName(image),
  ];
  if (image.builder !== undefined) args.push('--builder', image.builder);
  // A provenance record would make an index of every single image, another one at each build.
  args.push('--provenance=false', ...buildFlags(image));
  if (image.cache) args.push(...(await cacheFlags(job, await buildxDriver(image.builder, world))));
  await runStep(world, { ...job, log }, 'buildx', 'build', { program: 'docker', args: [...args, image.context], env });
  const written = await readFile(metadata).catch(() => undefined);
  return digestIn(written === undefined ? undefined : parseObject(written)?.['containerimage.digest']);
};

/** The cache lies beside the image, as a tag of its own, in the form that ECR takes too. */
async function cacheFlags(job: BuilderJob, driver: string | undefined): Promise<string[]> {
  const { image } = job;
  if (driver === 'docker') {
    job.warn(`${image.name}: the buildx driver docker keeps no cache in a registry; choose another builder for that.`);
    return [];
  }
  const ref = `${image.registry.host}/${image.repository}:${cacheTag(image.name, image.target)}`;
  return [
    '--cache-from',
    `type=registry,ref=${ref}`,
    '--cache-to',
    // A cache that can't be written must not fail a build that is done.
    `type=registry,ref=${ref},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true`,
  ];
}

/** One cache for each image and target: two of them in one tag would overwrite each other. */
export function cacheTag(name: string, target: string | undefined): string {
  const plain = (text: string) => text.replaceAll(/[^A-Za-z0-9_.-]+/g, '-');
  return `cache-${plain(name)}${target === undefined ? '' : `-${plain(target)}`}`.slice(0, 128);
}
