import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Buildkit } from '../test/support/buildkit.ts';
import type { Dockerd } from '../test/support/dockerd.ts';
import { type AppImage, appImages } from './app-repo.ts';
import { run } from './process.ts';

/** Docker's own way: each image is built, then each is pushed. */
export function dockerScript(images: readonly AppImage[], host: string, tag: string): string {
  return [
    ...images.map(
      ({ repository, dockerfile }) =>
        `docker build --quiet --build-arg REGISTRY=${host} -t ${host}/${repository}:${tag} -f ${dockerfile} .`,
    ),
    ...images.map(({ repository }) => `docker push --quiet ${host}/${repository}:${tag}`),
  ].join(' && ');
}

/** The same images as one bake file's targets, which BuildKit builds and pushes at the same time. */
export function bakeFile(host: string): string {
  const target = Object.fromEntries(
    appImages.map(({ name, repository, dockerfile }) => [
      name,
      { context: '.', dockerfile, args: { REGISTRY: host }, tags: [`${host}/${repository}:\${TAG}`] },
    ]),
  );
  const variable = { TAG: { default: 'none' } };
  return JSON.stringify({ variable, group: { default: { targets: Object.keys(target) } }, target });
}

/** One command for all images of a bake file. An attestation, which the others don't make either, is left out. */
export function bakeScript(file: string, builder: string, tag: string): string {
  return `TAG=${tag} BUILDX_NO_DEFAULT_ATTESTATIONS=1 docker buildx bake --builder ${builder} --progress quiet --push -f ${file}`;
}

/** What `tagboat.yaml` says of the same images. */
export function imagesConfig(host: string, engine: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const images = appImages.map(({ name, repository, dockerfile }) => [
    name,
    { repository, dockerfile, args: { REGISTRY: host }, ...engine },
  ]);
  return { registry: host, images: Object.fromEntries(images) };
}

/** A file with the folders that it needs. */
export function writeInto(path: string, bytes: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

/** A builder that has kept nothing of what it built. */
export async function forgetBuilds(
  daemon: Dockerd | Buildkit | undefined,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  if (daemon === undefined) return;
  const its = { ...env, ...(daemon.env as Record<string, string>) };
  const commands =
    'builder' in daemon
      ? [`docker buildx prune --builder ${daemon.builder} --all --force`]
      : ['docker system prune --all --force', 'docker builder prune --all --force'];
  for (const command of commands) await run({ argv: command.split(' '), env: its });
}
