import { contentionReaches } from './contention-report.ts';
import { handoffReaches } from './handoff-report.ts';
import { historyReaches } from './history.ts';
import { queueReaches } from './queue-report.ts';
import type { Reach } from './reach.ts';
import type { BuildResults, CommitCell, CommitResults, MemoryResults, Results } from './results.ts';
import { reuseReaches } from './reuse-results.ts';
import { median, ratio } from './statistics.ts';
import { verdictReaches } from './verdict-report.ts';

/** Everything the project set out to reach, with what the results say of it. Cases not measured yet are left out. */
export function reaches(results: Results): Reach[] {
  return [
    ...(results.handoff === undefined ? [] : handoffReaches(results.handoff)),
    ...(results.commit === undefined ? [] : commitReaches(results.commit)),
    ...(results.memory === undefined ? [] : memoryReaches(results.memory)),
    ...(results.build === undefined ? [] : buildReaches(results.build)),
    ...(results.reuse === undefined ? [] : reuseReaches(results.reuse)),
    ...(results.contention === undefined ? [] : contentionReaches(results.contention)),
    ...(results.queue === undefined ? [] : queueReaches(results.queue)),
    ...(results.verdict === undefined ? [] : verdictReaches(results.verdict)),
    ...(results.history === undefined ? [] : historyReaches(results.history)),
  ];
}

/** How the two measured values are called in tables. */
export const targetTitles: Readonly<Record<CommitCell['target'], string>> = {
  deep: 'four folders deep',
  top: 'main/values.yaml',
};

type Ours = 'tagboat' | 'api';
const ways = [
  ['tagboat', 'by git'],
  ['api', "by GitHub's API"],
] as const;

/** What a commit is to reach under GitHub's rules: in requests and bytes, above its bound, and beside git's own ways. */
function commitReaches({ cells }: CommitResults): Reach[] {
  const most = (name: Ours, column: 'requests' | 'received', files?: number) => {
    const all = cells.filter((cell) => files === undefined || cell.files === files);
    const seen = all.flatMap((cell) => cell.flows[name]?.[column] ?? []);
    return seen.length === 0 ? Number.NaN : Math.max(...seen);
  };
  const requests = ways.map(
    ([name, way]): Reach => ({
      what: `a commit ${way}, any size and depth, most of any run: requests`,
      figure: most(name, 'requests'),
      is: 'at most',
      limit: name === 'api' ? 2 : 4,
      unit: '',
    }),
  );
  const received = ways.flatMap(([name, way]) =>
    [1_000, 10_000, 100_000].map(
      (files): Reach => ({
        what: `a commit ${way}, ${files / 1_000}k files, most of any run: received`,
        figure: most(name, 'received', files) / 1_024,
        is: 'at most',
        limit: name === 'api' ? 16 : files === 1_000 ? 64 : 512,
        unit: ' KiB',
      }),
    ),
  );
  const faster = (files: number, roundTripMs: number, target: CommitCell['target'], other: 'clone' | 'sparse') =>
    ways.map(([name, way]): Reach => {
      const cell = cells.find((one) => one.files === files && one.roundTripMs === roundTripMs && one.target === target);
      const theirs = cell?.flows[other]?.seconds ?? [];
      return {
        what: `a commit ${way}, ${files / 1_000}k files, ${roundTripMs} ms, ${targetTitles[target]}: faster than a ${other === 'clone' ? 'shallow' : 'sparse'} clone`,
        figure: ratio(theirs, cell?.flows[name]?.seconds ?? []),
        bound: ratio(theirs, cell === undefined ? [] : floor(cell, name)),
        is: 'at least',
        limit: other === 'clone' ? 1 : name === 'api' ? 2.4 : 1.7,
        unit: '×',
      };
    });
  const trips = [...new Set(cells.map(({ roundTripMs }) => roundTripMs))];
  const above = ways.flatMap(([name, way]) =>
    trips.map(
      (roundTripMs): Reach => ({
        what: `a commit ${way}, ${roundTripMs} ms, the worst of all sizes and depths: above the bound`,
        figure: Math.max(
          ...cells.filter((cell) => cell.roundTripMs === roundTripMs).map((cell) => percentAbove(cell, name)),
        ),
        is: 'at most',
        limit: 10,
        unit: ' %',
      }),
    ),
  );
  return [
    ...requests,
    ...received,
    ...faster(10_000, 50, 'deep', 'sparse'),
    ...faster(1_000, 0, 'deep', 'clone'),
    ...faster(1_000, 0, 'top', 'clone'),
    ...above,
  ];
}

/** By how many percent a flow of ours takes longer than its bound. */
export function percentAbove(cell: CommitCell, name: Ours): number {
  return (ratio(cell.flows[name]?.seconds ?? [], floor(cell, name)) - 1) * 100;
}

/**
 * Seconds that no client with our requests can save: the git host's own, the round trips (a connection costs one more),
 * and a Node.js that does nothing.
 */
function floor({ roundTripMs, idle, flows }: CommitCell, name: Ours): number[] {
  const { hosted = [], requests = [], connections = [] } = flows[name] ?? {};
  return hosted.map((seconds, round) => {
    const trips = (requests[round] ?? 0) + (connections[round] ?? 0);
    return seconds + (trips * roundTripMs) / 1_000 + (idle[round] ?? Number.NaN);
  });
}

function memoryReaches({ peaks, starts }: MemoryResults): Reach[] {
  const commits = peaks.filter((peak) => peak.what.startsWith('tagboat commit'));
  const version = starts.find((start) => start.what === 'tagboat --version');
  return [
    {
      what: 'a config commit, whole process: peak memory',
      figure: Math.max(...commits.map((peak) => median(peak.bytes))) / 1e6,
      is: 'at most',
      limit: 90,
      unit: ' MB',
    },
    ...peaks
      .filter((peak) => peak.what.startsWith('tagboat wait'))
      .map(
        (peak): Reach => ({
          what: '200 applications watched by one process: peak memory',
          figure: median(peak.bytes) / 1e6,
          is: 'at most',
          limit: 120,
          unit: ' MB',
        }),
      ),
    { what: 'tagboat --version', figure: median(version?.ms ?? []), is: 'at most', limit: 120, unit: ' ms' },
  ];
}

/** What is asked of the demo's images; the large ones show how cost grows. */
function buildReaches({ rows }: BuildResults): Reach[] {
  return rows
    .filter((row) => row.name !== 'changed' && !row.what.startsWith('30 MB base'))
    .map((row) => ({
      what: `three images, ${row.what}: faster than docker build and push`,
      figure: ratio(row.docker, row.tagboat),
      is: 'at least',
      limit: 5,
      unit: '×',
    }));
}
