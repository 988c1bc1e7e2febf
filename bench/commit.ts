import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type GitHost, startGitHost } from '../src/sandbox/git-host/git-host.ts';
import { type Target, targets } from './config-repo.ts';
import { delayProxy, probeDelay } from './delay.ts';
import { assertLanded, baseRepo, freshCopy } from './fixture.ts';
import type { Flow } from './flows.ts';
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
  const host = await startGitHost({ env: process.env, dir: join(folders.temp, 'served') });
  try {
    for (const { files, rounds } of plan.sizes) {
      const base = await baseRepo(folders.cache, files);
      for (const roundTripMs of plan.roundTripsMs) {
        const hostPort = Number(new URL(host.url).port);
        const proxy = roundTripMs > 0 ? await delayProxy(hostPort, roundTripMs) : undefined;
        const origin = `http://127.0.0.1:${proxy?.port ?? hostPort}`;
        const lane: Lane = { base, host, origin, env: {}, temp: folders.temp };
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
        await proxy?.close();
      }
    }
  } finally {
    await host.close();
  }
  return { probes, cells };
}

export interface Lane {
  readonly base: string;
  readonly host: GitHost;
  /** The host's own, or that of what is in front of it. */
  readonly origin: string;
  /** What every flow has in its environment besides. */
  readonly env: Readonly<Record<string, string>>;
  readonly temp: string;
}

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
  const repo = lane.host.repoDir('config');
  await freshCopy(lane.base, repo);
  // A folder of its own, kept to the end: see settle.ts.
  count += 1;
  const [home, cwd] = [join(lane.temp, `home-${count}`), join(lane.temp, `work-${count}`)];
  for (const dir of [home, cwd]) mkdirSync(dir);
  // What the run before wrote must not be written back on this one's clock.
  await run({ argv: ['sync'] });
  const value = randomBytes(20).toString('hex');
  const before = lane.host.requests.length;
  const url = `${lane.origin}/config.git`;
  const { seconds } = await run({
    argv: flow.argv({ url, target, value }),
    cwd,
    env: { ...bareEnv(home), ...lane.env },
  });
  await assertLanded(lane.base, repo, target, value);
  const requests = lane.host.requests.slice(before);
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
