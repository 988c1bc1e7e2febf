import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Buildkit, noBuildkit, startBuildkit } from '../test/support/buildkit.ts';
import { hasProgram, startDockerRegistry } from '../test/support/docker-registry.ts';
import { type Dockerd, noDockerd, startDockerd } from '../test/support/dockerd.ts';
import { appFiles, appImages, changedFile } from './app-repo.ts';
import { pushBase } from './base-image.ts';
import { measureContext } from './context-files.ts';
import { assertSame, imageContents } from './image-contents.ts';
import { bareEnv, run } from './process.ts';
import { type ReuseFlow, type ReuseResults, type ReuseStep, reuseFlows, reuseSteps } from './reuse-results.ts';
import { bakeFile, bakeScript, dockerScript, forgetBuilds, imagesConfig, writeInto } from './three-images.ts';

type Times = Record<ReuseStep, Record<ReuseFlow, { seconds: number[]; inside: number[] }>>;
type AloneTimes = { start: number[]; read: number[]; pack: number[]; docker: number[] };

/** A way to build and push the three images, with a registry and, where it needs one, a daemon of its own. */
interface Way {
  readonly flow: ReuseFlow;
  readonly registry: Awaited<ReturnType<typeof startDockerRegistry>>;
  readonly docker: Dockerd | Buildkit | undefined;
}

/**
 * Three images of a commit: `docker build` and `docker push` of each, beside one `tagboat build` with the same Docker
 * and one that assembles. Cold, with nothing changed under a new tag, and with one source changed. Then what taking a
 * large context's fingerprint costs beside reading it.
 */
export async function measureReuse(
  plan: { readonly rounds: number; readonly cli: string; readonly files: number; readonly fileBytes: number },
  temp: string,
): Promise<Omit<ReuseResults, 'around'>> {
  const skipped = hasProgram('docker-registry') ? noDockerd : 'docker-registry is missing (Debian: docker-registry)';
  const times = Object.fromEntries(
    reuseSteps.map((step) => [step, Object.fromEntries(reuseFlows.map((flow) => [flow, { seconds: [], inside: [] }]))]),
  ) as unknown as Times;
  const alone: AloneTimes = { start: [], read: [], pack: [], docker: [] };
  if (skipped === undefined) {
    const daemons: Daemons = {
      theirs: await startDockerd(),
      ours: await startDockerd(),
      ...(noBuildkit === undefined ? { bake: await startBuildkit() } : {}),
    };
    try {
      for (let round = 0; round < plan.rounds; round += 1) {
        await measureRound(daemons, plan.cli, join(temp, `reuse-${round}`), times, alone);
      }
    } finally {
      for (const daemon of Object.values(daemons)) await daemon.close();
    }
  }
  return { skipped, times, alone, context: await measureContext(plan, join(temp, 'context')) };
}

interface Daemons {
  readonly theirs: Dockerd;
  readonly ours: Dockerd;
  readonly bake?: Buildkit;
}

async function measureRound(
  { theirs, ours, bake }: Daemons,
  cli: string,
  dir: string,
  times: Times,
  alone: AloneTimes,
): Promise<void> {
  const ways: Way[] = [
    { flow: 'docker', registry: await startDockerRegistry(), docker: theirs },
    ...(bake === undefined ? [] : [{ flow: 'bake' as const, registry: await startDockerRegistry(), docker: bake }]),
    { flow: 'tagboat-docker', registry: await startDockerRegistry(), docker: ours },
    { flow: 'tagboat-assemble', registry: await startDockerRegistry(), docker: undefined },
  ];
  try {
    for (const { path, bytes } of appFiles()) writeInto(join(dir, path), bytes);
    const env = bareEnv(dir);
    const git = (...args: string[]) => run({ argv: ['git', ...args], cwd: dir, env });
    await git('init', '--quiet', '--initial-branch=main');
    for (const { flow, registry, docker } of ways) {
      await pushBase(registry.url, undefined);
      const config = imagesConfig(registry.host, { engine: flow === 'tagboat-docker' ? 'docker' : 'assemble' });
      if (flow === 'bake') writeInto(join(dir, 'bake.json'), bakeFile(registry.host));
      else writeInto(join(dir, `${flow}.yaml`), JSON.stringify(config));
      await forgetBuilds(docker, env);
    }
    for (const step of reuseSteps) {
      if (step === 'changed') writeInto(join(dir, changedFile), `changed in ${dir}\n`);
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '--message', step);
      const tag = (await git('rev-parse', 'HEAD')).stdout.trim();
      for (const way of ways) {
        await run({ argv: ['sync'] });
        const { seconds, inside } = await buildBy(way, { cli, dir, tag, env });
        times[step][way.flow].seconds.push(seconds);
        if (inside !== undefined) times[step][way.flow].inside.push(inside);
      }
      // A fast image that is another one counts for nothing.
      for (const { name, repository } of appImages) {
        const [first, ...others] = ways.map(({ registry }) => imageContents(registry.url, repository, tag));
        for (const other of others) if (first !== undefined) assertSame(name, await other, await first);
      }
    }
    await measureAlone(ways, { cli, dir, tag: 'alone', env }, alone);
  } finally {
    for (const { registry } of ways) await registry.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Commit {
  readonly cli: string;
  readonly dir: string;
  readonly tag: string;
  readonly env: Readonly<Record<string, string>>;
}

async function buildBy(
  { flow, registry, docker }: Way,
  { cli, dir, tag, env }: Commit,
): Promise<{ seconds: number; inside: number | undefined }> {
  const dockerEnv =
    docker === undefined ? env : { ...env, ...(docker.env as Record<string, string>), DOCKER_BUILDKIT: '1' };
  if (flow === 'docker' || flow === 'bake') {
    const script =
      docker !== undefined && 'builder' in docker
        ? bakeScript('bake.json', docker.builder, tag)
        : dockerScript(appImages, registry.host, tag);
    const { seconds } = await run({ argv: ['sh', '-c', script], cwd: dir, env: dockerEnv });
    return { seconds, inside: undefined };
  }
  const argv = [process.execPath, cli, 'build', '--json', '--config', `${flow}.yaml`];
  const { seconds, stdout } = await run({ argv, cwd: dir, env: dockerEnv });
  return { seconds, inside: insideOf(stdout) };
}

/** What nobody can do without, each by itself: see `Alone`. */
async function measureAlone([theirs]: readonly Way[], { dir, tag, env }: Commit, alone: AloneTimes): Promise<void> {
  const files = 'find . -path ./.git -prune -o -type f -print0 | xargs -0';
  // Pieces that are small enough for all cores to be busy to the end.
  const packing = `${files} -n 100 -P ${availableParallelism()} sh -c 'cat "$@" | gzip -4' cat > /dev/null`;
  const timed = async (...argv: string[]) => (await run({ argv, cwd: dir, env })).seconds;
  alone.start.push(await timed(process.execPath, '-e', ''));
  alone.read.push(await timed('sh', '-c', `${files} cat > /dev/null`));
  alone.pack.push(await timed('sh', '-c', packing));
  const image = appImages.find(({ name }) => name === 'app');
  if (theirs?.docker === undefined || image === undefined) throw new RangeError('the first way is Docker');
  writeInto(join(dir, changedFile), `changed once more in ${dir}\n`);
  await run({ argv: ['sync'] });
  const dockerEnv = { ...env, ...(theirs.docker.env as Record<string, string>), DOCKER_BUILDKIT: '1' };
  const argv = ['sh', '-c', dockerScript([image], theirs.registry.host, tag)];
  alone.docker.push((await run({ argv, cwd: dir, env: dockerEnv })).seconds);
}

/** From the plan to the last image: fingerprints, registry and builds, without the process around them. */
function insideOf(lines: string): number {
  const events = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; at: string });
  const time = (type: string) => Date.parse(events.findLast((event) => event.type === type)?.at ?? '');
  return (time('image.finished') - time('run.started')) / 1_000;
}
