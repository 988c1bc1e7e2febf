import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Folders, measureCommits } from './commit.ts';
import { measureContention } from './contention.ts';
import { glue, ourFlows } from './contention-flows.ts';
import { contentionChart, contentionTable } from './contention-report.ts';
import { baselines, byGitHub, tagboat } from './flows.ts';
import { measureHandoff, noHandoff } from './handoff.ts';
import { handoffChart } from './handoff-chart.ts';
import { handoffTable } from './handoff-report.ts';
import { historyTable, measureHistory } from './history.ts';
import { type HostResults, hostTable, measureHosts } from './hosts.ts';
import { measureImages } from './images.ts';
import { surroundings } from './machine.ts';
import { measureMemory } from './memory.ts';
import { measureQueue } from './queue.ts';
import { queueTable } from './queue-report.ts';
import { reachRows } from './reach.ts';
import { reaches, targetTitles } from './reaches.ts';
import { buildTable, cellTable, commitChart, memoryTable, report } from './report.ts';
import {
  type BuildResults,
  type CommitResults,
  type ContentionResults,
  type HistoryResults,
  loadResults,
  type MemoryResults,
  type QueueResults,
  type Results,
  saveResults,
} from './results.ts';
import { measureReuse } from './reuse.ts';
import { type ReuseResults, reuseTable } from './reuse-results.ts';
import { measureRivals } from './rivals.ts';
import { apiTable, type RivalResults } from './rivals-report.ts';
import { freeBytes, removeAll, settle } from './settle.ts';
import { table } from './table.ts';
import { measureVerdicts } from './verdict.ts';
import { verdictTable } from './verdict-report.ts';

const sizes = [
  { files: 1_000, rounds: 7 },
  { files: 10_000, rounds: 5 },
  { files: 100_000, rounds: 3 },
];
const contended = [
  { count: 8, rounds: 3 },
  { count: 16, rounds: 3 },
  { count: 64, rounds: 2 },
  { count: 256, rounds: 1 },
];
const cases = [
  'handoff',
  'commit',
  'hosts',
  'memory',
  'build',
  'reuse',
  'contention',
  'verdict',
  'history',
  'queue',
  'rivals',
] as const;
type Case = (typeof cases)[number];

const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    // Most writers by the glue of git commands: 64 of them take a long time.
    glue: { type: 'string', default: '16' },
    // Most rounds of the contention case: with the glue, one takes six minutes.
    rounds: { type: 'string' },
    // Of the contention case only these numbers of writers and these flows: for looking closer, and never kept.
    writers: { type: 'string' },
    flows: { type: 'string' },
    trips: { type: 'string' },
    // The folder of a newer git, for one row more of the rivals.
    git: { type: 'string' },
  },
  allowPositionals: true,
});
const unknown = positionals.find((name) => !cases.includes(name as Case));
if (unknown !== undefined) {
  console.error(`There is no case ${unknown}; there are ${cases.join(', ')}.`);
  process.exit(2);
}
/** What takes its time, and the machine for itself: only when asked for. */
const byDefault = cases.filter((name) => !['handoff', 'contention', 'queue'].includes(name));
const wanted = new Set<Case>(positionals.length === 0 ? byDefault : (positionals as Case[]));
const list = (text: string | undefined): string[] | undefined => text?.split(',');
const quick = values.quick === true || [values.writers, values.flows, values.trips].some((part) => part !== undefined);

// scripts/bench.mjs starts this in the checkout's top folder.
const root = process.cwd();
const cli = join(root, 'dist', 'cli.js');
const ours = tagboat(cli);
const flows = [...baselines, ours];
const commitFlows = [...flows, byGitHub(cli)];
const writers = [glue(Number(values.glue)), ...ourFlows(join(root, '.cache', 'bench', 'contention-writer.mjs'))];
const folders: Folders = {
  cache: join(root, '.cache', 'bench'),
  temp: mkdtempSync(join(tmpdir(), 'tagboat-bench-')),
};
mkdirSync(folders.cache, { recursive: true });

const note = join(folders.cache, 'removed');

try {
  let results: Results = {};
  if (wanted.has('handoff')) results = { ...results, ...(await handoff()) };
  if (wanted.has('commit')) results = { ...results, commit: await commits() };
  if (wanted.has('hosts')) results = { ...results, hosts: await hosts() };
  if (wanted.has('memory')) results = { ...results, memory: await memory() };
  if (wanted.has('build')) results = { ...results, build: await images() };
  if (wanted.has('reuse')) results = { ...results, reuse: await reuse() };
  if (wanted.has('contention')) results = { ...results, contention: await contention() };
  if (wanted.has('queue')) results = { ...results, queue: await queue() };
  if (wanted.has('history')) results = { ...results, history: await delivered() };
  if (wanted.has('rivals')) results = { ...results, rivals: await rivals() };
  if (wanted.has('verdict')) results = { ...results, ...(await verdicts()) };
  const found = reaches(results);
  if (found.length > 0) console.log(`\n## What was to be reached\n\n${table(reachRows(found))}`);
  if (quick) console.log('\nA quick run is not kept: docs/bench.md stays as it is.');
  else keep(results);
} finally {
  removeAll(folders.temp, note);
}

async function commits(): Promise<CommitResults> {
  const around = surroundings([['git', '--version']]);
  const plan = {
    sizes: quick ? sizes.map(({ files }) => ({ files, rounds: 1 })) : sizes,
    roundTripsMs: [0, 50],
    flows: commitFlows,
  };
  const gigabytes = quick ? 3 : 8;
  if (freeBytes(folders.temp) < gigabytes * 1e9) {
    throw new Error(`The clones need ${gigabytes} GB in ${tmpdir()}; set TMPDIR to a folder that has them.`);
  }
  if (!quick) {
    await settle(note, (seconds) =>
      console.log(`Waiting ${seconds} s for the file system to get over the last bench.`),
    );
  }
  console.log('## A config commit');
  const measured = await measureCommits(plan, folders, (found) => {
    if ('cell' in found) {
      const { files, roundTripMs, target } = found.cell;
      console.log(`\n${files} files, ${roundTripMs} ms round trip, ${targetTitles[target]}\n`);
      console.log(cellTable(found.cell, commitFlows));
    } else {
      for (const { roundTripMs, echoMs, firstEchoMs } of found.probes) {
        const seen = `${echoMs.toFixed(1)} ms an echo, ${firstEchoMs.toFixed(1)} ms a new connection's first`;
        console.log(`\nProxy for ${roundTripMs} ms, checked with a bare connection: ${seen}.`);
      }
    }
  });
  return { around, ...measured };
}

async function hosts(): Promise<HostResults> {
  console.log('\n## What hosts are asked\n');
  const measured = { around: surroundings([['git', '--version']]), ...(await measureHosts([1_000, 10_000], folders)) };
  console.log(hostTable(measured));
  return measured;
}

async function memory(): Promise<MemoryResults> {
  const around = surroundings([['git', '--version']]);
  const plan = {
    sizes: sizes.map(({ files }) => files),
    rounds: quick ? 1 : 5,
    flow: ours,
    bin: join(root, 'bin', 'tagboat'),
    cli,
  };
  console.log('\n## Memory and start\n');
  const measured = { around, ...(await measureMemory(plan, folders)) };
  console.log(memoryTable(measured));
  return measured;
}

async function images(): Promise<BuildResults> {
  const around = surroundings([
    ['dockerd', '--version'],
    ['docker-registry', '--version'],
  ]);
  console.log('\n## Three images\n');
  const measured = { around, ...(await measureImages({ rounds: quick ? 1 : 3, cli }, folders.temp)) };
  console.log(buildTable(measured));
  return measured;
}

async function contention(): Promise<ContentionResults> {
  const around = surroundings([['git', '--version']]);
  const plan = {
    files: 10_000,
    roundTripsMs: list(values.trips)?.map(Number) ?? [0, 50],
    writers: quick
      ? (list(values.writers) ?? [8, 16]).map((count) => ({ count: Number(count), rounds: 1 }))
      : contended.map(({ count, rounds }) => ({ count, rounds: Math.min(rounds, Number(values.rounds ?? rounds)) })),
    flows: writers.filter(({ name }) => list(values.flows)?.includes(name) ?? true),
    limitMs: 600_000,
  };
  console.log('\n## Many writers at once');
  const measured = await measureContention(plan, folders, (cell) => {
    console.log(`\n${cell.writers} writers, ${cell.roundTripMs} ms round trip\n`);
    console.log(contentionTable(cell, writers));
    for (const { said } of Object.values(cell.flows).flat()) if (said.length > 0) console.log(said.join('\n'));
  });
  return { around, ...measured };
}

async function queue(): Promise<QueueResults> {
  const around = surroundings([['git', '--version']]);
  console.log('\n## What the queue asks\n');
  const [, , writer] = writers;
  if (writer === undefined) throw new RangeError('there is no flow of our own');
  const measured = { around, ...(await measureQueue(writer, quick ? 16 : 64, folders)) };
  console.log(queueTable(measured));
  return measured;
}

async function delivered(): Promise<HistoryResults> {
  const around = surroundings([['git', '--version']]);
  console.log('\n## What was delivered\n');
  const measured = { around, ...(await measureHistory({ rounds: quick ? 1 : 5, cli, temp: folders.temp })) };
  console.log(historyTable(measured));
  return measured;
}

async function verdicts(): Promise<Pick<Results, 'verdict'>> {
  console.log('\n## From a push to its verdict\n');
  const programs = process.env.TAGBOAT_CLUSTER_PROGRAMS;
  if (programs === undefined) {
    console.log('Skipped: the programs of a cluster are missing.');
    return {};
  }
  const rounds = quick ? { rounds: 1, pollRounds: 0 } : { rounds: 7, pollRounds: 3 };
  const measured = {
    around: surroundings([
      ['etcd', '--version'],
      ['redis-server', '--version'],
    ]),
    ...(await measureVerdicts({ programs, cli, temp: folders.temp, ...rounds })),
  };
  console.log(verdictTable(measured));
  return { verdict: measured };
}

async function handoff(): Promise<Pick<Results, 'handoff'>> {
  console.log('\n## The whole hand-off\n');
  const programs = process.env.TAGBOAT_CLUSTER_PROGRAMS;
  const missing = programs === undefined ? 'the programs of a cluster are missing' : noHandoff;
  if (programs === undefined || missing !== undefined) {
    console.log(`Skipped: ${missing}.`);
    return {};
  }
  const around = surroundings([
    ['dockerd', '--version'],
    ['docker-registry', '--version'],
    ['git', '--version'],
  ]);
  const plan = { rounds: quick ? 1 : Number(values.rounds ?? 3), files: 1_000 };
  const roundTripsMs = list(values.trips)?.map(Number) ?? [0, 50];
  const measured = await measureHandoff({ ...plan, programs, cli, temp: folders.temp, roundTripsMs }, (cell) =>
    console.log(`${handoffTable({ cells: [cell] })}\n`),
  );
  return { handoff: { around, ...measured } };
}

async function rivals(): Promise<RivalResults> {
  const newerGit = values.git === undefined ? [] : [[join(values.git, 'git'), '--version']];
  const around = surroundings([['git', '--version'], ['sh', '-c', 'nginx -v 2>&1'], ...newerGit]);
  console.log('\n## Others on the same hosts\n');
  const measured = await measureRivals({ rounds: quick ? 1 : 5, flows, newerGit: values.git }, folders);
  console.log(apiTable(measured));
  for (const cell of [measured.front, measured.newer])
    console.log(typeof cell === 'object' ? `\n${cellTable(cell, flows)}` : cell);
  return { around, ...measured };
}

async function reuse(): Promise<ReuseResults> {
  const around = surroundings([
    ['dockerd', '--version'],
    ['docker-registry', '--version'],
  ]);
  console.log("\n## What didn't change\n");
  const files = quick ? { files: 20_000, fileBytes: 10_000 } : { files: 100_000, fileBytes: 10_000 };
  const plan = { rounds: quick ? 1 : 5, cli, ...files };
  const measured = { around, ...(await measureReuse(plan, folders.temp)) };
  console.log(reuseTable(measured));
  return measured;
}

/** Keeps the runs and writes the report over all that is kept, earlier cases included. */
function keep(results: Results): void {
  const docs = join(root, 'docs');
  const kept = join(docs, 'bench');
  saveResults(kept, results);
  const all = loadResults(kept);
  if (all.commit !== undefined) writeFileSync(join(kept, 'commit.svg'), commitChart(all.commit, commitFlows));
  if (all.handoff !== undefined) writeFileSync(join(kept, 'handoff.svg'), handoffChart(all.handoff));
  if (all.contention !== undefined) {
    writeFileSync(join(kept, 'contention.svg'), contentionChart(all.contention, writers));
  }
  const words = {
    flows: commitFlows,
    chart: 'bench/commit.svg',
    contention: { flows: writers, chart: 'bench/contention.svg' },
  };
  writeFileSync(join(docs, 'bench.md'), report(all, words));
  console.log('\nKept in docs/bench.md.');
}
