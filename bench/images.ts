import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as demo from '../src/entry/demo/app.ts';
import { hasProgram, startDockerRegistry } from '../test/support/docker-registry.ts';
import { type Dockerd, noDockerd, startDockerd } from '../test/support/dockerd.ts';
import { type AppFile, appFiles, appImages, changedFile } from './app-repo.ts';
import { pushBase } from './base-image.ts';
import { assertSame, imageContents } from './image-contents.ts';
import { bareEnv, run } from './process.ts';
import type { BuildResults } from './results.ts';

const steps = ['cold', 'warm', 'changed'] as const;
type Step = (typeof steps)[number];
const whats: Readonly<Record<Step, string>> = {
  cold: 'cold, an empty registry',
  warm: 'warm, the same files under a new tag',
  changed: 'one source file changed',
};

/** What is built: three images of one context, standing on one base. */
interface Shape {
  readonly title: string;
  readonly base: Iterable<AppFile> | undefined;
  readonly files: () => Iterable<AppFile>;
  readonly images: readonly { readonly name: string; readonly repository: string; readonly dockerfile: string }[];
  /** The build argument that tells where the base is. */
  readonly arg: (host: string) => readonly [name: string, value: string];
  readonly changed: string;
}

const bytesOf = (files: Readonly<Record<string, string>>): AppFile[] =>
  Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));

const shapes: Readonly<Record<'demo' | 'large', Shape>> = {
  demo: {
    title: "the demo's",
    base: bytesOf(demo.baseFiles)
      .filter(({ path }) => path !== 'Dockerfile')
      .map((file) => ({ ...file, path: file.path.replace('rootfs/', '') })),
    files: () => bytesOf(demo.appFiles('unused')),
    images: appImages,
    arg: (host) => ['BASE', `${host}/base:1`],
    changed: 'src/app/greetings.txt',
  },
  large: {
    title: '30 MB base, 20 MB of files',
    base: undefined,
    files: () => [
      ...appFiles(),
      ...appImages.map(({ dockerfile, text }) => ({ path: dockerfile, bytes: Buffer.from(text) })),
    ],
    images: appImages,
    arg: (host) => ['REGISTRY', host],
    changed: changedFile,
  },
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
  const rows: BuildResults['rows'][number][] = [];
  const docker = skipped === undefined ? await startDockerd() : undefined;
  try {
    for (const shape of Object.values(shapes)) {
      const times: Times = {
        cold: { docker: [], tagboat: [] },
        warm: { docker: [], tagboat: [] },
        changed: { docker: [], tagboat: [] },
      };
      for (let round = 0; docker !== undefined && round < plan.rounds; round += 1) {
        await measureRound(shape, docker, plan.cli, join(temp, `app-${rows.length}-${round}`), times);
      }
      rows.push(...steps.map((name) => ({ name, what: `${shape.title}; ${whats[name]}`, ...times[name] })));
    }
  } finally {
    await docker?.close();
  }
  return { skipped, rows };
}

type Times = Record<Step, { docker: number[]; tagboat: number[] }>;

async function measureRound(shape: Shape, docker: Dockerd, cli: string, dir: string, times: Times): Promise<void> {
  const registries = [await startDockerRegistry(), await startDockerRegistry()] as const;
  const [theirs, ours] = registries;
  try {
    for (const registry of registries) await pushBase(registry.url, shape.base);
    for (const { path, bytes } of shape.files()) write(join(dir, path), bytes);
    write(join(dir, 'tagboat.yaml'), configFor(shape, ours.host));
    const env = bareEnv(dir);
    const git = (...args: string[]) => run({ argv: ['git', ...args], cwd: dir, env });
    await git('init', '--quiet', '--initial-branch=main');
    const dockerEnv = { ...env, ...(docker.env as Record<string, string>), DOCKER_BUILDKIT: '1' };
    await run({ argv: ['docker', 'system', 'prune', '--all', '--force'], env: dockerEnv });
    await run({ argv: ['docker', 'builder', 'prune', '--all', '--force'], env: dockerEnv });
    for (const name of steps) {
      if (name === 'changed') write(join(dir, shape.changed), `changed in ${dir}\n`);
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '--message', name);
      const tag = (await git('rev-parse', 'HEAD')).stdout.trim();
      await run({ argv: ['sync'] });
      const script = [
        ...shape.images.map(
          ({ repository, dockerfile }) =>
            `docker build --quiet --build-arg ${shape.arg(theirs.host).join('=')} -t ${theirs.host}/${repository}:${tag} -f ${dockerfile} .`,
        ),
        ...shape.images.map(({ repository }) => `docker push --quiet ${theirs.host}/${repository}:${tag}`),
      ].join(' && ');
      times[name].docker.push((await run({ argv: ['sh', '-c', script], cwd: dir, env: dockerEnv })).seconds);
      await run({ argv: ['sync'] });
      const build = await run({ argv: [process.execPath, cli, 'build', '--quiet'], cwd: dir, env });
      times[name].tagboat.push(build.seconds);
      // A fast image that is another one counts for nothing.
      for (const { name: image, repository } of shape.images) {
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

function configFor(shape: Shape, host: string): string {
  const [arg, value] = shape.arg(host);
  const images = shape.images.map(
    ({ name, repository, dockerfile }) =>
      `  ${name}: { repository: ${repository}, dockerfile: ${dockerfile}, args: { ${arg}: "${value}" }, engine: assemble }`,
  );
  return `registry: "${host}"\nimages:\n${images.join('\n')}\n`;
}
