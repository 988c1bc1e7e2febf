import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasProgram, startDockerRegistry } from '../test/support/docker-registry.ts';
import { type Dockerd, noDockerd, startDockerd } from '../test/support/dockerd.ts';
import { appFiles, appImages, changedFile } from './app-repo.ts';
import { pushBase } from './base-image.ts';
import { assertSame, imageContents } from './image-contents.ts';
import { bareEnv, run } from './process.ts';
import type { BuildResults } from './results.ts';

const rounds = ['cold', 'warm', 'changed'] as const;
const whats: Readonly<Record<(typeof rounds)[number], string>> = {
  cold: 'cold: nothing built before, an empty registry',
  warm: 'warm: the same files again under a new tag',
  changed: 'one source file changed',
};

/**
 * Three images built and pushed under a new tag: `docker build` and `docker push` of each in turn, beside one
 * `tagboat build`. Cold, warm and with one file changed, each pair on one fresh registry.
 */
export async function measureImages(
  plan: { readonly rounds: number; readonly cli: string },
  temp: string,
): Promise<Omit<BuildResults, 'around'>> {
  const skipped = hasProgram('docker-registry') ? noDockerd : 'docker-registry is missing (Debian: docker-registry)';
  const times = Object.fromEntries(
    rounds.map((name) => [name, { docker: [] as number[], tagboat: [] as number[] }]),
  ) as Record<(typeof rounds)[number], { docker: number[]; tagboat: number[] }>;
  if (skipped === undefined) {
    const docker = await startDockerd();
    try {
      for (let round = 0; round < plan.rounds; round += 1)
        await measureRound(docker, plan.cli, join(temp, `app-${round}`), times);
    } finally {
      await docker.close();
    }
  }
  return { skipped, rows: rounds.map((name) => ({ name, what: whats[name], ...times[name] })) };
}

async function measureRound(
  docker: Dockerd,
  cli: string,
  dir: string,
  times: Record<(typeof rounds)[number], { docker: number[]; tagboat: number[] }>,
): Promise<void> {
  const registries = [await startDockerRegistry(), await startDockerRegistry()] as const;
  const [theirs, ours] = registries;
  try {
    for (const registry of registries) await pushBase(registry.url);
    for (const { path, bytes } of appFiles()) write(join(dir, path), bytes);
    for (const { dockerfile, text } of appImages) write(join(dir, dockerfile), text);
    write(join(dir, 'tagboat.yaml'), configFor(ours.host));
    const env = bareEnv(dir);
    const git = (...args: string[]) => run({ argv: ['git', ...args], cwd: dir, env });
    await git('init', '--quiet', '--initial-branch=main');
    const dockerEnv = { ...env, ...(docker.env as Record<string, string>), DOCKER_BUILDKIT: '1' };
    await run({ argv: ['docker', 'system', 'prune', '--all', '--force'], env: dockerEnv });
    await run({ argv: ['docker', 'builder', 'prune', '--all', '--force'], env: dockerEnv });
    for (const name of rounds) {
      if (name === 'changed') write(join(dir, changedFile), `changed in ${dir}\n`);
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '--message', name);
      const tag = (await git('rev-parse', 'HEAD')).stdout.trim();
      await run({ argv: ['sync'] });
      const script = [
        ...appImages.map(
          ({ repository, dockerfile }) =>
            `docker build --quiet --build-arg REGISTRY=${theirs.host} -t ${theirs.host}/${repository}:${tag} -f ${dockerfile} .`,
        ),
        ...appImages.map(({ repository }) => `docker push --quiet ${theirs.host}/${repository}:${tag}`),
      ].join(' && ');
      times[name].docker.push((await run({ argv: ['sh', '-c', script], cwd: dir, env: dockerEnv })).seconds);
      await run({ argv: ['sync'] });
      const build = await run({ argv: [process.execPath, cli, 'build', '--quiet'], cwd: dir, env });
      times[name].tagboat.push(build.seconds);
      // A fast image that is another one counts for nothing.
      for (const { name: image, repository } of appImages) {
        assertSame(
          image,
          await imageContents(ours.url, repository, tag),
          await imageContents(theirs.url, repository, tag),
        );
      }
    }
  } finally {
    for (const registry of registries) await registry.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

function write(path: string, bytes: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

function configFor(host: string): string {
  const images = appImages.map(
    ({ name, repository, dockerfile }) =>
      `  ${name}: { repository: ${repository}, dockerfile: ${dockerfile}, args: { REGISTRY: "${host}" }, engine: assemble }`,
  );
  return `registry: "${host}"\nimages:\n${images.join('\n')}\n`;
}
