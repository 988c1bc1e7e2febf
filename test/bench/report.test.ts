import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { glue, ourFlows } from '../../bench/contention-flows.ts';
import { baselines, byGitHub, tagboat } from '../../bench/flows.ts';
import { outcome } from '../../bench/reach.ts';
import { reaches } from '../../bench/reaches.ts';
import { commitChart, report } from '../../bench/report.ts';
import { type CommitCell, type FlowRuns, loadResults, type Results, saveResults } from '../../bench/results.ts';

const flows = [...baselines, tagboat('dist/cli.js'), byGitHub('dist/cli.js')];
const writers = [glue(16), ...ourFlows('writer.mjs')];
const words = { flows, chart: 'bench/commit.svg', contention: { flows: writers, chart: 'bench/contention.svg' } };
const around = { date: '2026-01-02', machine: '2 × Processor', programs: ['Node.js 20'], commit: 'abc123' };

function runs(seconds: number, requests: number, received: number): FlowRuns {
  return {
    ...{ seconds: [seconds, seconds], requests: [requests, requests], connections: [1, 1], received: [received, 9] },
    hosted: [0.02, 0.02],
  };
}

function cell(files: number, roundTripMs: number, target: CommitCell['target'], clone: number): CommitCell {
  return {
    files,
    roundTripMs,
    target,
    idle: [0.02, 0.02],
    flows: {
      ...{ clone: runs(clone, 5, 5e6), sparse: runs(1, 7, 5e5) },
      ...{ tagboat: runs(0.1, 4, 20 * 1024), api: runs(0.1, 2, 1024) },
    },
  };
}

const commit: Results['commit'] = {
  around,
  probes: [{ roundTripMs: 50, echoMs: 50.4, firstEchoMs: 101 }],
  cells: [1_000, 10_000, 100_000].flatMap((files) =>
    [0, 50].flatMap((ms) => (['deep', 'top'] as const).map((target) => cell(files, ms, target, files / 20_000))),
  ),
};
const memory: Results['memory'] = {
  around,
  readBy: 'a test',
  peaks: [
    { what: 'node -e 0', bytes: [40e6] },
    { what: 'tagboat commit, 1k files', bytes: [60e6, 61e6, 62e6] },
    { what: 'tagboat commit, 100k files', bytes: [91e6] },
  ],
  starts: [{ what: 'tagboat --version', ms: [30, 40, 50] }],
};

const figures = (results: Results) => new Map(reaches(results).map((reach) => [reach.what, reach]));

const byGit = 'a commit by git';

it('a reach is judged by the worst setting it covers', () => {
  const peak = figures({ memory }).get('a config commit, whole process: peak memory');
  expect(peak?.figure).toBe(91);
  const [large] = commit.cells.filter(({ files, target }) => files === 1_000 && target === 'deep');
  const worse = large && { ...large, flows: { ...large.flows, tagboat: runs(0.1, 5, 80 * 1024) } };
  const found = figures({ commit: { ...commit, cells: [...commit.cells, ...(worse ? [worse] : [])] } });
  const received = found.get(`${byGit}, 1k files, most of any run: received`);
  const requests = found.get(`${byGit}, any size and depth, most of any run: requests`);
  expect([received?.figure, requests?.figure]).toEqual([80, 5]);
  expect([peak, received].map((reach) => reach && outcome(reach))).toEqual(['missed by 1 %', 'missed by 25 %']);
});

it('ratios are of the setting that they name', () => {
  const found = figures({ commit });
  expect(found.get(`${byGit}, 10k files, 50 ms, four folders deep: faster than a sparse clone`)?.figure).toBeCloseTo(
    10,
  );
  expect(found.get(`${byGit}, 1k files, 0 ms, main/values.yaml: faster than a shallow clone`)?.figure).toBeCloseTo(0.5);
});

it('the bound is what waiting alone would take', () => {
  const found = figures({ commit });
  // 0.02 s at the host, 0.02 s of Node.js, and with 50 ms four requests on one connection: five round trips.
  const faster = found.get(`${byGit}, 10k files, 50 ms, four folders deep: faster than a sparse clone`);
  expect(faster?.bound).toBeCloseTo(1 / 0.29);
  const above = found.get(`${byGit}, 0 ms, the worst of all sizes and depths: above the bound`);
  expect(above?.figure).toBeCloseTo(150);
});

it('a setting that was left out is not measured, and never reached', () => {
  const small = { ...commit, cells: commit.cells.filter(({ files }) => files < 100_000) };
  const received = figures({ commit: small }).get(`${byGit}, 100k files, most of any run: received`);
  expect(received && outcome(received)).toBe('not measured');
  const build: Results['build'] = {
    around,
    skipped: 'dockerd is missing (Debian: docker.io)',
    rows: [{ name: 'cold', what: 'cold', docker: [], tagboat: [] }],
  };
  expect(reaches({ build }).map(outcome)).toEqual(['not measured']);
  expect(report({ build }, words)).toContain('dockerd is missing (Debian: docker.io)');
});

it('the report has what was measured and no more', () => {
  const only = report({ memory }, words);
  expect(only).toContain('## Memory and start');
  expect(only).not.toContain('## A config commit');
  const both = report({ commit, memory }, words);
  for (const flow of flows) expect(both).toContain(`# ${flow.title}`);
  expect(both).toContain('git clone --quiet --depth 1 --filter=blob:none --sparse');
  expect(both).toContain(
    "tagboat commit --repo URL --branch main --set FOLDER/values.yaml:.image.tag=VALUE --message 'Update",
  );
  expect(both).toContain('Taken 2026-01-02 at abc123');
  expect(both).not.toMatch(/NaN|undefined|dist\/cli/);
});

it('the chart has a line for each flow in each panel', () => {
  const svg = commitChart(commit, flows);
  for (const { name } of flows) expect(svg.match(new RegExp(`polyline class="line ${name}"`, 'g'))).toHaveLength(2);
});

it('measuring one case leaves the figures of the others standing', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tagboat-bench-results-'));
  try {
    expect(loadResults(dir)).toEqual({});
    saveResults(dir, { commit, memory });
    const later = { ...memory, readBy: 'a later test' };
    saveResults(dir, { memory: later });
    expect(loadResults(dir)).toEqual({ commit, memory: later });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
