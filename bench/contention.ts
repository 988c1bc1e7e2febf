import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type GitHost, startGitHost } from '../src/sandbox/git-host/git-host.ts';
import { commitFiles } from '../src/sandbox/git-host/repo.ts';
import type { Folders } from './commit.ts';
import { chartValues } from './config-repo.ts';
import type { ContentionFlow, WriterOrder } from './contention-flows.ts';
import { crowd } from './crowd.ts';
import { delayProxy } from './delay.ts';
import { baseRepo, freshCopy } from './fixture.ts';
import { run } from './process.ts';
import type { ContentionCell, ContentionResults, ContentionRun } from './results.ts';

/** Git processes of the host at once. Hosts limit them too; hundreds on a few cores only get in each other's way. */
export const workers = 8;

export interface ContentionPlan {
  readonly files: number;
  readonly roundTripsMs: readonly number[];
  readonly writers: readonly { readonly count: number; readonly rounds: number }[];
  readonly flows: readonly ContentionFlow[];
  /** A flow's writers that take longer are ended; whatever landed by then is counted. */
  readonly limitMs: number;
}

/** Measures how long it takes until the last of many writers has landed, telling each cell as soon as it is known. */
export async function measureContention(
  plan: ContentionPlan,
  folders: Folders,
  tell: (cell: ContentionCell) => void,
): Promise<Omit<ContentionResults, 'around'>> {
  const most = Math.max(...plan.writers.map(({ count }) => count));
  const base = await chartsRepo(await baseRepo(folders.cache, plan.files), join(folders.temp, 'charts.git'), most);
  const host = await startGitHost({ env: process.env, dir: join(folders.temp, 'contended'), workers });
  const cells: ContentionCell[] = [];
  try {
    for (const roundTripMs of plan.roundTripsMs) {
      const hostPort = Number(new URL(host.url).port);
      const proxy = roundTripMs > 0 ? await delayProxy(hostPort, roundTripMs) : undefined;
      const lane: Lane = { base, host, port: proxy?.port ?? hostPort, temp: folders.temp, limitMs: plan.limitMs };
      for (const { count, rounds } of plan.writers) {
        const flows = plan.flows.filter(({ mostWriters }) => count <= mostWriters);
        const cell = { writers: count, roundTripMs, flows: await inTurn(flows, rounds, lane, count) };
        cells.push(cell);
        tell(cell);
      }
      await proxy?.close();
    }
  } finally {
    await host.close();
  }
  return { files: plan.files, limitSeconds: plan.limitMs / 1_000, cells };
}

/** Where writers meet. */
export interface Lane {
  readonly base: string;
  readonly host: GitHost;
  /** The host's own, or the proxy's in front of it. */
  readonly port: number;
  readonly temp: string;
  readonly limitMs: number;
  /** Changes the repository that is made anew for each run; by what others are to do there who are gone when it begins. */
  readonly prepare?: (repo: string, url: string, gone: readonly WriterOrder[]) => Promise<void>;
}

/** The flows in turn, A B C A B C, so that a slow minute of the machine falls on all of them. */
async function inTurn(
  flows: readonly ContentionFlow[],
  rounds: number,
  lane: Lane,
  writers: number,
): Promise<ContentionCell['flows']> {
  const runs = new Map<ContentionFlow['name'], ContentionRun[]>(flows.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const flow of flows) runs.get(flow.name)?.push((await contend(flow, lane, writers)).run);
  }
  return Object.fromEntries(runs);
}

let crowds = 0;

/**
 * All writers of one flow at once, how many changes are there in the end, those of `gone` writers too, and the pushes to
 * whatever ref among the requests. Throws when a writer said what isn't so.
 */
export async function contend(
  flow: ContentionFlow,
  { base, host, port, temp, limitMs, prepare }: Lane,
  writers: number,
  gone = 0,
): Promise<{ readonly run: ContentionRun; readonly changes: number; readonly pushes: number }> {
  const repo = host.repoDir('config');
  await freshCopy(base, repo);
  // What the run before wrote must not be written back on this one's clock.
  await run({ argv: ['sync'] });
  crowds += 1;
  const url = `http://127.0.0.1:${port}/config.git`;
  const all = Array.from({ length: writers + gone }, (_, writer): WriterOrder => {
    const value = randomBytes(20).toString('hex');
    return { flow: flow.name, url, ...chartOf(writer), value };
  });
  const orders = all.slice(0, writers);
  await prepare?.(repo, host.repoUrl('config'), all.slice(writers));
  let before = 0;
  const members = await crowd(orders.map(flow.argv), {
    ...{ temp: join(temp, `crowd-${crowds}`), limitMs },
    begin: () => {
      before = host.requests.length;
    },
  });
  const requests = host.requests.slice(before);
  const claimed = orders.filter((_, writer) => members[writer]?.word === 'landed');
  const found = await landedIn(repo, all);
  const missing = claimed.filter((order) => !found.has(order.file));
  if (missing.length > 0) throw new Error(`${missing.length} writers say that they landed and did not.`);
  const seconds = members.flatMap((member) => member.seconds ?? []).toSorted((a, b) => a - b);
  const failures = members.filter(({ word }) => word !== 'landed');
  const moved = await moves(repo, base);
  if (moved.commits !== found.size) throw new Error(`${moved.commits} commits hold ${found.size} changes.`);
  const counted = {
    seconds,
    landed: claimed.length,
    said: [...new Set(failures.map(({ word, said }) => `${word}: ${said.trim().split('\n').at(-1) ?? ''}`))].slice(
      0,
      5,
    ),
    requests: requests.length,
    branchPushes: requests.filter(({ refs }) => refs.includes('refs/heads/main')).length,
    branchMoves: moved.pushes,
  };
  return {
    run: counted,
    changes: found.size,
    pushes: requests.filter(({ isCall, service }) => isCall && service === 'git-receive-pack').length,
  };
}

/** The base with a chart for each writer on top. */
export async function chartsRepo(base: string, to: string, charts: number): Promise<string> {
  rmSync(to, { recursive: true, force: true });
  await freshCopy(base, to);
  const files = Array.from({ length: charts }, (_, writer) => [chartOf(writer).file, chartValues()] as const);
  // Each writer has a file of its own, and lands the others' as well.
  const list = ['.tagboat/queue.json', '{"version": 1, "files": ["**"]}\n'] as const;
  await commitFiles(to, { files: [...files, list], message: 'Add charts\n' }, process.env);
  await run({ argv: ['git', '-C', to, 'repack', '-adfq', '--write-bitmap-index'] });
  // Only now: the log of a run must begin with that run, in a file of its own.
  await run({ argv: ['git', '-C', to, 'config', 'core.logAllRefUpdates', 'true'] });
  return to;
}

/** A writer's own value: the front's tag of its own chart, as in the workflow that Tagboat replaces. */
function chartOf(writer: number): { file: string; path: string } {
  return { file: `charts-${String(writer).padStart(3, '0')}/values.yaml`, path: '.front.imageTag' };
}

/** The files of those orders whose value the branch has. */
async function landedIn(repo: string, orders: readonly WriterOrder[]): Promise<Set<string>> {
  const files = orders.map(({ file }) => file);
  const { stdout } = await run({ argv: ['git', '-C', repo, 'grep', '-h', '-A3', '^front:', 'main', '--', ...files] });
  return new Set(orders.filter(({ value }) => stdout.includes(`imageTag: ${value}\n`)).map(({ file }) => file));
}

/** Commits on top of the base, and the pushes that brought them: each left one line in the branch's log. */
async function moves(repo: string, base: string): Promise<{ commits: number; pushes: number }> {
  const git = async (...args: string[]) => (await run({ argv: ['git', '-C', repo, ...args] })).stdout.trim();
  const from = (await run({ argv: ['git', '-C', base, 'rev-parse', 'main'] })).stdout.trim();
  const commits = Number(await git('rev-list', '--count', `${from}..main`));
  const log = await git('reflog', 'show', '--format=%H', 'main');
  return { commits, pushes: log === '' ? 0 : log.split('\n').length };
}
