import { expect, it } from 'vitest';
import { glue, ourFlows } from '../../bench/contention-flows.ts';
import {
  contentionChart,
  contentionReaches,
  contentionSection,
  contentionTable,
} from '../../bench/contention-report.ts';
import { outcome } from '../../bench/reach.ts';
import type { ContentionCell, ContentionResults, ContentionRun } from '../../bench/results.ts';

const flows = [glue(16), ...ourFlows('writer.mjs')];

function ran(writers: number, last: number, more: Partial<ContentionRun> = {}): ContentionRun {
  const seconds = Array.from({ length: writers }, (_, at) => (last * (at + 1)) / writers);
  const counted = { requests: writers * 6, branchPushes: writers, branchMoves: 4 };
  return { seconds, landed: writers, said: [], ...counted, ...more };
}

function cell(writers: number, tagboat: ContentionRun, others: ContentionCell['flows'] = {}): ContentionCell {
  return { writers, roundTripMs: 0, flows: { ...others, tagboat: [tagboat] } };
}

function results(...cells: ContentionCell[]): ContentionResults {
  const around = { date: '2026-01-02', machine: '2 × Processor', programs: ['Node.js 20'], commit: 'abc123' };
  return { around, files: 10_000, limitSeconds: 600, cells };
}

const all = results(
  cell(16, ran(16, 2), { glue: [ran(16, 40)], bare: [ran(16, 6)] }),
  cell(64, ran(64, 8)),
  cell(256, ran(256, 48)),
);

it('each reach is of the flows and the numbers of writers that it names', () => {
  const found = new Map(contentionReaches(all).map((reach) => [reach.what, reach.figure]));
  expect(found.get('16 writers, 0 ms: faster to the last landing than the glue')).toBe(20);
  expect(found.get('16 writers, 0 ms: faster to the last landing than the bare loop')).toBe(3);
  expect(found.get('64 writers, 0 ms: time against 16 writers')).toBe(4);
  expect(found.get('256 writers, 0 ms: time against 64 writers')).toBe(6);
  expect(found.get('64 writers, 0 ms: requests a writer')).toBe(6);
  expect(found.get('64 writers, 0 ms: pushes to the branch, refused ones too')).toBe(64);
  expect(found.get('many writers: changes lost, most of any run')).toBe(0);
});

it('a run that lost a change has no time to its last landing, and the loss is told', () => {
  const lossy = results(cell(16, ran(16, 2, { landed: 15 }), { glue: [ran(16, 40)] }));
  const found = contentionReaches(lossy);
  expect(found.find(({ what }) => what.includes('lost'))).toMatchObject({ figure: 1 });
  expect(found.filter(({ what }) => what.includes('than the glue')).map(outcome)).toEqual(['not measured']);
  expect(contentionTable(cell(16, ran(16, 2, { landed: 15 })), flows)).toContain('–');
});

it('the table, the section and the chart have what was measured and no more', () => {
  const table = contentionTable(all.cells[1] as ContentionCell, flows);
  expect(table).not.toContain('git clone');
  const section = contentionSection(all, flows, 'bench/contention.svg');
  expect(section).toContain('git pull --quiet --rebase origin main');
  expect(section).toContain('was run with up to 16 writers');
  expect(section).not.toMatch(/NaN|undefined|writer\.mjs/);
  const svg = contentionChart(all, flows);
  expect(svg).toContain('writers at once');
  expect(svg.match(/<polyline/g)).toHaveLength(3);
  expect(svg).not.toMatch(/NaN|undefined|files in the config repo/);
});
