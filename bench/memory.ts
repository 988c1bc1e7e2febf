import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startGitHost } from '../src/sandbox/git-host/git-host.ts';
import type { Folders } from './commit.ts';
import { targets } from './config-repo.ts';
import { assertLanded, baseRepo, freshCopy } from './fixture.ts';
import { measureFleet } from './fleet.ts';
import type { Flow } from './flows.ts';
import { bareEnv, type Command, peakMemory, peakReadBy, run } from './process.ts';
import { targetTitles } from './reaches.ts';
import type { MemoryResults } from './results.ts';

const fleetSize = 200;

export interface MemoryPlan {
  readonly sizes: readonly number[];
  readonly rounds: number;
  readonly flow: Flow;
  /** The launcher that users start, and the bundle behind it. */
  readonly bin: string;
  readonly cli: string;
}

/** Peak memory of config commits, and how soon the program answers, next to node doing nothing. */
export async function measureMemory(plan: MemoryPlan, folders: Folders): Promise<Omit<MemoryResults, 'around'>> {
  const home = join(folders.temp, 'home-memory');
  mkdirSync(home);
  const env = bareEnv(home);
  const idle: Command = { argv: [process.execPath, '-e', '0'], env };
  const peaks = [
    { what: 'node -e 0', bytes: await times(plan.rounds, () => peakMemory(idle)) },
    ...(await commitPeaks(plan, folders, env)),
    await watchPeak(plan, folders),
  ];
  const starts = await inTurn(plan.rounds * 5, [
    { what: 'node -e 0', command: idle },
    { what: 'node dist/cli.js --version', command: { argv: [process.execPath, plan.cli, '--version'], env } },
    { what: 'tagboat --version', command: { argv: [plan.bin, '--version'], env } },
  ]);
  return { readBy: peakReadBy, peaks, starts };
}

async function commitPeaks(
  { sizes, rounds, flow }: MemoryPlan,
  folders: Folders,
  env: Readonly<Record<string, string>>,
): Promise<MemoryResults['peaks']> {
  const host = await startGitHost({ env: process.env, dir: join(folders.temp, 'served-memory') });
  try {
    const peaks = [];
    for (const files of sizes) {
      const base = await baseRepo(folders.cache, files);
      for (const target of targets(files)) {
        const bytes = await times(rounds, async () => {
          const repo = host.repoDir('config');
          await freshCopy(base, repo);
          const value = randomBytes(20).toString('hex');
          const argv = flow.argv({ url: host.repoUrl('config'), target, value });
          const peak = await peakMemory({ argv, cwd: folders.temp, env });
          await assertLanded(base, repo, target, value);
          return peak;
        });
        peaks.push({ what: `tagboat commit, ${files / 1000}k files, ${targetTitles[target.name]}`, bytes });
      }
    }
    return peaks;
  } finally {
    await host.close();
  }
}

/** A whole fleet watched by one process, over one stream: more of them would be one too many. */
async function watchPeak({ rounds, cli }: MemoryPlan, folders: Folders): Promise<MemoryResults['peaks'][number]> {
  const bytes = await times(rounds, async () => {
    const measured = await measureFleet(cli, folders.temp, fleetSize);
    if (measured.streams !== 1) throw new Error(`${measured.streams} streams were open at once instead of one`);
    return measured.bytes;
  });
  return { what: `tagboat wait, ${fleetSize} applications`, bytes };
}

async function times<T>(rounds: number, once: () => Promise<T>): Promise<T[]> {
  const found: T[] = [];
  for (let round = 0; round < rounds; round += 1) found.push(await once());
  return found;
}

async function inTurn(
  rounds: number,
  commands: readonly { readonly what: string; readonly command: Command }[],
): Promise<MemoryResults['starts']> {
  // Each once uncounted: the first start of a program reads it from disk.
  for (const { command } of commands) await run(command);
  const laps = await times(rounds, async () => {
    const lap: number[] = [];
    for (const { command } of commands) lap.push((await run(command)).seconds * 1000);
    return lap;
  });
  return commands.map(({ what }, place) => ({ what, ms: laps.map((lap) => lap[place] ?? Number.NaN) }));
}
