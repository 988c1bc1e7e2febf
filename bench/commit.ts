import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Api, serveApi } from '../src/sandbox/api.ts';
import { type GitHost, type GitHostRequest, startGitHost } from '../src/sandbox/git-host/git-host.ts';
import { answerGraphql } from '../test/support/github/graphql.ts';
import { repositoriesOf } from '../test/support/github-repositories.ts';
import { type Target, targets } from './config-repo.ts';
import { delayProxy, probeDelay } from './delay.ts';
import { assertLanded, baseRepo, freshCopy } from './fixture.ts';
import type { Flow } from './flows.ts';
import { github, noDepth } from './hosts.ts';
import { bareEnv, run } from './process.ts';
import type { CommitCell, CommitResults, FlowRuns } from './results.ts';

/** What to measure: every size with every round trip and both values. */
export interface CommitPlan {
  readonly sizes: readonly { readonly files: number; readonly rounds: number }[];
  readonly roundTripsMs: readonly number[];
  readonly flows: readonly Flow[];
}

/** Where base repos are kept between benches, and where a bench works. */
export interface Folders {
  readonly cache: string;
  readonly temp: string;
}

/** Measures config commits, telling the proxy's own delay and then each cell as soon as it is known. */
export async function measureCommits(
  plan: CommitPlan,
  folders: Folders,
  tell: (found: { probes: CommitResults['probes'] } | { cell: CommitCell }) => void,
): Promise<Omit<CommitResults, 'around'>> {
  const probes = [];
  for (const roundTripMs of plan.roundTripsMs) {
    if (roundTripMs > 0) probes.push({ roundTripMs, ...(await probeDelay(roundTripMs)) });
  }
  tell({ probes });
  const cells: CommitCell[] = [];
  const host = await startGitHost({ env: process.env, dir: join(folders.temp, 'served'), headers: github });
  const repositories = repositoriesOf(host, () => 'write');
  const api = await serveApi((request) => answerGraphql(request, repositories));
  try {
    for (const { files, rounds } of plan.sizes) {
      const base = await baseRepo(folders.cache, files);
      for (const roundTripMs of plan.roundTripsMs) {
        const far = async (url: string) => delayProxy(Number(new URL(url).port), roundTripMs);
        const proxies = roundTripMs > 0 ? await Promise.all([host, api].map(({ url }) => far(url))) : [];
        const [origin = host.url, apiUrl = api.url] = proxies.map(({ port }) => `http://127.0.0.1:${port}`);
        const lane: Lane = { base, host, origin, api, apiUrl, config: noDepth, env: {}, temp: folders.temp };
        for (const target of targets(files)) {
          const cell = {
            files,
            roundTripMs,
            target: target.name,
            ...(await inTurn(plan.flows, rounds, lane, target)),
          };
          cells.push(cell);
          tell({ cell });
        }
        await Promise.all(proxies.map((proxy) => proxy.close()));
      }
    }
  } finally {
    await Promise.all([host.close(), api.close()]);
  }
  return { probes, cells };
}

export interface Lane {
  readonly base: string;
  readonly host: GitHost;
  /** The host's own, or that of what is in front of it. */
  readonly origin: string;
  /** GitHub's, and where it is reached. */
  readonly api?: Api;
  readonly apiUrl?: string;
  /** How the host serves the repo, in git's own words. */
  readonly config?: Readonly<Record<string, string>>;
  /** What every flow has in its environment besides. */
  readonly env: Readonly<Record<string, string>>;
  readonly temp: string;
}

type Answered = Pick<GitHostRequest, 'connection' | 'bytesOut' | 'tookMs'>;
type Once = { readonly [K in keyof FlowRuns]: number };

/** The flows in turn, A B C A B C, so that a slow minute of the machine falls on all of them. */
export async function inTurn(
  flows: readonly Flow[],
  rounds: number,
  lane: Lane,
  target: Target,
): Promise<Pick<CommitCell, 'idle' | 'flows'>> {
  const idle: number[] = [];
  const runs = new Map<Flow['name'], Once[]>(flows.map((flow) => [flow.name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const flow of flows) runs.get(flow.name)?.push(await once(flow, lane, target));
    idle.push((await run({ argv: [process.execPath, '-e', '0'] })).seconds);
  }
  return { idle, flows: Object.fromEntries([...runs].map(([name, list]) => [name, columns(list)])) };
}

let count = 0;

async function once(flow: Flow, lane: Lane, target: Target): Promise<Once> {
  const repo = lane.host.repoDir('acme/config');
  mkdirSync(dirname(repo), { recursive: true });
  await freshCopy(lane.base, repo);
  for (const [key, value] of Object.entries(lane.config ?? {}))
    await run({ argv: ['git', '-C', repo, 'config', key, value] });
  // A folder of its own, kept to the end: see settle.ts.
  count += 1;
  const [home, cwd] = [join(lane.temp, `home-${count}`), join(lane.temp, `work-${count}`)];
  for (const dir of [home, cwd]) mkdirSync(dir);
  // What the run before wrote must not be written back on this one's clock.
  await run({ argv: ['sync'] });
  const value = randomBytes(20).toString('hex');
  const peers = [lane.host, ...(lane.api === undefined ? [] : [lane.api])];
  const before = peers.map(({ requests }) => requests.length);
  const order = { url: `${lane.origin}/acme/config.git`, target, value, api: lane.apiUrl };
  const { seconds } = await run({
    argv: flow.argv(order),
    cwd,
    env: { ...bareEnv(home), ...lane.env, ...flow.env?.(order) },
  });
  await assertLanded(lane.base, repo, target, value);
  // A landing goes by one of them alone.
  const requests = peers.flatMap((peer, at): readonly Answered[] => peer.requests.slice(before[at]));
  return {
    seconds,
    requests: requests.length,
    connections: new Set(requests.map((request) => request.connection)).size,
    received: requests.reduce((sum, request) => sum + request.bytesOut, 0),
    hosted: requests.reduce((sum, request) => sum + request.tookMs, 0) / 1_000,
  };
}

function columns(list: readonly Once[]): FlowRuns {
  return {
    seconds: list.map((one) => one.seconds),
    requests: list.map((one) => one.requests),
    connections: list.map((one) => one.connections),
    received: list.map((one) => one.received),
    hosted: list.map((one) => one.hosted),
  };
}
