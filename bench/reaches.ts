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

function commitReaches({ cells }: CommitResults): Reach[] {
  const at = (files: number, roundTripMs: number, target: CommitCell['target']) =>
    cells.find((cell) => cell.files === files && cell.roundTripMs === roundTripMs && cell.target === target);
  const faster = (files: number, roundTripMs: number, target: CommitCell['target'], other: 'clone' | 'sparse') => {
    const cell = at(files, roundTripMs, target);
    const theirs = cell?.flows[other]?.seconds ?? [];
    return {
      figure: ratio(theirs, cell?.flows.tagboat?.seconds ?? []),
      bound: ratio(theirs, cell === undefined ? [] : floor(cell)),
    };
  };
  const versus = (files: number, roundTripMs: number, other: 'clone' | 'sparse', limit: number): Reach[] =>
    (['deep', 'top'] as const).map((target) => ({
      what: `${files / 1000}k files, ${roundTripMs} ms, ${targetTitles[target]}: faster than ${other === 'clone' ? 'a clone' : 'a sparse clone'}`,
      ...faster(files, roundTripMs, target, other),
      is: 'at least',
      limit,
      unit: '×',
    }));
  const growth = (target: CommitCell['target']): Reach => {
    const [large, small] = [at(100_000, 0, target), at(1_000, 0, target)];
    const seconds = (cell: CommitCell | undefined) => median(cell?.flows.tagboat?.seconds ?? []);
    const hosted = (cell: CommitCell | undefined) => median(cell?.flows.tagboat?.hosted ?? []);
    return {
      what: `100k files, 0 ms, ${targetTitles[target]}: time against 1k files`,
      figure: seconds(large) / seconds(small),
      // All else alike, the git host's own time grows.
      bound: (seconds(small) + hosted(large) - hosted(small)) / seconds(small),
      is: 'at most',
      limit: 1.3,
      unit: '×',
    };
  };
  const top = cells.filter((cell) => cell.target === 'top');
  const most = (column: 'requests' | 'connections' | 'received') => {
    const all = top.flatMap((cell) => cell.flows.tagboat?.[column] ?? []);
    return all.length === 0 ? Number.NaN : Math.max(...all);
  };
  const what = "main/values.yaml, git's defaults, any size, most of any run:";
  return [
    ...versus(100_000, 0, 'clone', 40),
    ...versus(100_000, 0, 'sparse', 6),
    ...versus(10_000, 50, 'clone', 10),
    ...versus(10_000, 50, 'sparse', 2.5),
    growth('deep'),
    growth('top'),
    // Four for the commit, and the look after it.
    { what: `${what} requests`, figure: most('requests'), is: 'at most', limit: 5, unit: '' },
    { what: `${what} connections`, figure: most('connections'), is: 'at most', limit: 1, unit: '' },
    { what: `${what} received`, figure: most('received') / 1024, is: 'at most', limit: 16, unit: ' KiB' },
  ];
}

/**
 * Seconds that no client with our requests can save: the git host's own, the round trips (a connection costs one more),
 * and a Node.js that does nothing.
 */
function floor({ roundTripMs, idle, flows }: CommitCell): number[] {
  return (flows.tagboat?.hosted ?? []).map((hosted, round) => {
    const trips = (flows.tagboat?.requests[round] ?? 0) + (flows.tagboat?.connections[round] ?? 0);
    return hosted + (trips * roundTripMs) / 1_000 + (idle[round] ?? Number.NaN);
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
