import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonEvent } from '../src/events/json-event.ts';
import { type Buildkit, noBuildkit, startBuildkit } from '../test/support/buildkit.ts';
import { values } from '../test/support/cluster/chart.ts';
import { type ClusterAccess, startCluster } from '../test/support/cluster/cluster.ts';
import { isSettled } from '../test/support/cluster/observer.ts';
import { readyImages } from '../test/support/cluster/pods.ts';
import { makeShop, type Shop } from '../test/support/cluster/shop.ts';
import { hasProgram, startDockerRegistry } from '../test/support/docker-registry.ts';
import { type Dockerd, noDockerd, startDockerd } from '../test/support/dockerd.ts';
import { appFiles, appImages, changedFile } from './app-repo.ts';
import { pushBase } from './base-image.ts';
import { configFiles } from './config-repo.ts';
import { type DelayProxy, delayProxy } from './delay.ts';
import {
  type HandoffCell,
  type HandoffFlow,
  type HandoffPhases,
  type HandoffResults,
  handoffFlows,
  handoffSteps,
} from './handoff-report.ts';
import { bareEnv, run } from './process.ts';
import { bakeFile, bakeScript, dockerScript, forgetBuilds, imagesConfig, writeInto } from './three-images.ts';
import { argocdCli } from './verdict.ts';

export interface HandoffPlan {
  /** Folder of the cluster's programs. */
  readonly programs: string;
  readonly cli: string;
  readonly rounds: number;
  readonly roundTripsMs: readonly number[];
  /** Files of each config repo. */
  readonly files: number;
  readonly temp: string;
}

type Env = Readonly<Record<string, string>>;

/** One way from a commit of the app repo to pods that run it, with an application, and where it needs one a builder. */
interface Way {
  readonly flow: HandoffFlow;
  readonly shop: Shop;
  readonly builder: Dockerd | Buildkit | undefined;
}

/** A way's registry of one round, in which nothing is but the base image. */
interface Registry {
  /** As everybody names it: the delay's port where there is one. */
  readonly host: string;
  close(): Promise<void>;
}

/** Why it can't be measured here, or undefined. */
export const noHandoff: string | undefined = hasProgram('docker-registry')
  ? noDockerd
  : 'docker-registry is missing (Debian: docker-registry)';

/**
 * The whole hand-off, from a commit of the app repo to pods that run it: the commands of the workflow that Tagboat
 * replaces beside one `tagboat ship`, each with an application, a config repo and a registry of its own on one Argo CD.
 */
export async function measureHandoff(
  plan: HandoffPlan,
  tell: (cell: HandoffCell) => void,
): Promise<Omit<HandoffResults, 'around'>> {
  const closing: { close(): Promise<void> }[] = [];
  const opened = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const one = await starting;
    closing.unshift(one);
    return one;
  };
  try {
    const { access } = await opened(startCluster(plan.programs));
    const builders = {
      docker: await opened(startDockerd()),
      bake: noBuildkit === undefined ? await opened(startBuildkit()) : undefined,
      'tagboat-docker': await opened(startDockerd()),
      'tagboat-buildx': noBuildkit === undefined ? await opened(startBuildkit()) : undefined,
      'tagboat-assemble': undefined,
    };
    const cells: HandoffCell[] = [];
    for (const roundTripMs of plan.roundTripsMs) {
      const far = await behind(access, roundTripMs, opened);
      const ways: Way[] = [];
      for (const flow of handoffFlows) {
        if (builders[flow] === undefined && (flow === 'bake' || flow === 'tagboat-buildx')) continue;
        ways.push({ flow, shop: await filledShop(far, `${flow}-${roundTripMs}`, plan.files), builder: builders[flow] });
      }
      const found: HandoffCell[] = handoffSteps.map((step) => ({ roundTripMs, step, flows: {} }));
      for (let round = 0; round < plan.rounds; round += 1) {
        await measureRound(ways, plan, { roundTripMs, round }, found);
      }
      for (const cell of found) tell(cell);
      cells.push(...found);
    }
    return { files: plan.files, cells };
  } finally {
    for (const one of closing) await one.close();
  }
}

/** The same cluster, whose git host and Argo CD are a round trip away, for Argo CD's own reading too. */
async function behind(
  access: ClusterAccess,
  roundTripMs: number,
  opened: (starting: Promise<DelayProxy>) => Promise<DelayProxy>,
): Promise<ClusterAccess> {
  if (roundTripMs === 0) return access;
  const through = async (url: string): Promise<string> => {
    const { port } = await opened(delayProxy(Number(new URL(url).port), roundTripMs));
    return `http://127.0.0.1:${port}`;
  };
  const [git, argocd] = [await through(access.git.url), await through(access.argocd.url)];
  return { ...access, git: { ...access.git, url: git }, argocd: { ...access.argocd, url: argocd } };
}

/** A shop whose config repo has many files besides its chart. */
async function filledShop(access: ClusterAccess, name: string, count: number): Promise<Shop> {
  const shop = await makeShop(access, name);
  const others = [...configFiles(count)].filter(({ path }) => !path.startsWith('main/'));
  const files = Object.fromEntries(others.map(({ path, text }) => [path, text]));
  await shop.commit({ files, message: 'All other applications\n' });
  return shop;
}

async function measureRound(
  ways: readonly Way[],
  plan: HandoffPlan,
  { roundTripMs, round }: { readonly roundTripMs: number; readonly round: number },
  cells: readonly HandoffCell[],
): Promise<void> {
  const dir = join(plan.temp, `handoff-${roundTripMs}-${round}`);
  const env = bareEnv(dir);
  const git = (...args: string[]) => run({ argv: ['git', ...args], cwd: dir, env });
  const registries = new Map<Way, Registry>();
  try {
    for (const { path, bytes } of appFiles()) writeInto(join(dir, path), bytes);
    await git('init', '--quiet', '--initial-branch=main');
    for (const way of ways) {
      const registry = await freshRegistry(roundTripMs);
      registries.set(way, registry);
      if (way.flow === 'bake') writeFileSync(join(dir, 'bake.json'), bakeFile(registry.host));
      else if (way.flow !== 'docker') writeFileSync(join(dir, `${way.flow}.yaml`), configOf(way, registry));
      await forgetBuilds(way.builder, env);
      await runsTag(way, registry, 'before');
    }
    for (const cell of cells) {
      if (cell.step === 'changed') writeFileSync(join(dir, changedFile), `changed in ${dir}\n`);
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '--message', cell.step);
      const tag = (await git('rev-parse', 'HEAD')).stdout.trim();
      for (const way of ways) {
        const { host } = registries.get(way) as Registry;
        await run({ argv: ['sync'] });
        const took = await handOff(way, { plan, dir, host, tag, env, roundTripMs });
        const images = await readyImages(way.shop);
        // A word that isn't true counts for nothing, however fast.
        if (images.length === 0 || images.some((image) => image !== `${host}/app-repo:${tag}`)) {
          throw new Error(`${way.flow} ended while ${images.join(', ')} run instead of ${tag}.`);
        }
        const runs = cell.flows[way.flow] ?? { images: [], commit: [], live: [] };
        cell.flows[way.flow] = runs;
        for (const phase of ['images', 'commit', 'live'] as const) runs[phase].push(took[phase]);
      }
    }
  } finally {
    for (const registry of registries.values()) await registry.close();
  }
}

async function freshRegistry(roundTripMs: number): Promise<Registry> {
  const registry = await startDockerRegistry();
  await pushBase(registry.url);
  if (roundTripMs === 0) return registry;
  const proxy = await delayProxy(Number(new URL(registry.url).port), roundTripMs);
  return {
    host: `127.0.0.1:${proxy.port}`,
    close: async () => {
      await proxy.close();
      await registry.close();
    },
  };
}

/** Brings a tag of this round's registry into the cluster, unmeasured: where every hand-off of the round sets out. */
async function runsTag({ shop }: Way, { host }: Registry, tag: string): Promise<void> {
  const text = values({ tag, readyAfter: '2s' }).replace('registry.test/front', `${host}/app-repo`);
  const commit = await shop.commit({ files: { 'main/values.yaml': text }, message: 'Begin a round\n' });
  await shop.application('normal');
  await shop.until((application) => isSettled(commit)(application) && application.status?.health?.status === 'Healthy');
}

interface Order {
  readonly plan: HandoffPlan;
  readonly dir: string;
  readonly host: string;
  readonly tag: string;
  readonly env: Env;
  readonly roundTripMs: number;
}

type Took = { readonly [Phase in keyof HandoffPhases]: number };

function handOff(way: Way, order: Order): Promise<Took> {
  return way.flow === 'docker' || way.flow === 'bake' ? byCommands(way, order) : byTagboat(way, order);
}

/** The workflow that Tagboat replaces: three commands one after the other, each from its start to its exit. */
async function byCommands({ flow, shop, builder }: Way, { plan, dir, host, tag, env }: Order): Promise<Took> {
  const docker = { ...env, ...(builder?.env as Env), DOCKER_BUILDKIT: '1' };
  const build =
    builder !== undefined && 'builder' in builder
      ? bakeScript('bake.json', builder.builder, tag)
      : dockerScript(appImages, host, tag);
  const images = await run({ argv: ['sh', '-c', build], cwd: dir, env: docker });
  // A folder of its own for each clone, kept to the end: see settle.ts.
  const clone = join(plan.temp, `${flow}-${tag}`);
  const commit = await run({ argv: ['sh', '-c', commitScript(shop.repo, clone, tag)], cwd: dir, env });
  const began = performance.now();
  await argocdCli(plan.programs, shop.cluster.argocd).waitForCommit(shop.name, commit.stdout.trim(), ['--refresh']);
  return { images: images.seconds, commit: commit.seconds, live: (performance.now() - began) / 1_000 };
}

/** The edit costs no more than a sed: real pipelines start yq. */
export function commitScript(repo: string, clone: string, tag: string): string {
  return `set -e
git clone --quiet --depth 1 --branch main '${repo}' '${clone}'
cd '${clone}'
sed -i '/^front:/,/ imageTag:/s/ imageTag: [^ ]*/ imageTag: ${tag}/' main/values.yaml
git commit --quiet --all --message 'Update image tag to ${tag}'
git push --quiet origin main
git rev-parse HEAD`;
}

/** One process; its phases by its own events, the first from its start and the last to its exit. */
async function byTagboat({ flow, shop, builder }: Way, { plan, dir, env }: Order): Promise<Took> {
  const its = {
    ...{ ...env, ...(builder?.env as Env | undefined) },
    ...{ DOCKER_BUILDKIT: '1', ARGOCD_AUTH_TOKEN: shop.cluster.argocd.tokens.deployer },
  };
  const began = Date.now();
  const argv = [process.execPath, plan.cli, 'ship', '--json', '--config', `${flow}.yaml`];
  const { seconds, stdout } = await run({ argv, cwd: dir, env: its });
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonEvent);
  const until = (type: JsonEvent['type']): number => {
    const at = events.findLast((event) => event.type === type)?.at;
    if (at === undefined) throw new Error(`tagboat told of no ${type}.`);
    return (Date.parse(at) - began) / 1_000;
  };
  const [images, commit] = [until('image.finished'), until('commit.finished')];
  return { images, commit: commit - images, live: seconds - commit };
}

function configOf({ flow, shop, builder }: Way, { host }: Registry): string {
  const engine = { engine: flow.replace('tagboat-', '') };
  // Nobody asks bake for a cache in the registry either: both have a builder that keeps its own.
  const named = builder !== undefined && 'builder' in builder ? { builder: builder.builder, cache: false } : {};
  const set = { 'main/values.yaml': { '.front.imageTag': '{tag}' } };
  return JSON.stringify({
    ...imagesConfig(host, { ...engine, ...named }),
    argocd: { server: shop.cluster.argocd.url, timeout: '10m' },
    deliveries: { main: { from: 'main', repo: shop.repo, set, application: shop.name } },
  });
}
