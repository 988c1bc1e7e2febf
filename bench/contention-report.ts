import { chart } from './chart.ts';
import { type ContentionFlow, glueScript } from './contention-flows.ts';
import { type Reach, short } from './reach.ts';
import type { ContentionCell, ContentionResults, ContentionRun } from './results.ts';
import { median, ratio } from './statistics.ts';
import { table } from './table.ts';

type Name = ContentionFlow['name'];

/** What was to be reached when many write at once. */
export function contentionReaches({ cells }: ContentionResults): Reach[] {
  const trips = [...new Set(cells.map(({ roundTripMs }) => roundTripMs))];
  return [lost(cells), ...trips.flatMap((trip) => tripReaches(cells, trip))];
}

function lost(cells: readonly ContentionCell[]): Reach {
  const missing = cells.flatMap(({ writers, flows }) => (flows.tagboat ?? []).map(({ landed }) => writers - landed));
  const figure = missing.length === 0 ? Number.NaN : Math.max(...missing);
  return { what: 'many writers: changes lost, most of any run', figure, is: 'at most', limit: 0, unit: '' };
}

function tripReaches(cells: readonly ContentionCell[], trip: number): Reach[] {
  const runs = (writers: number, name: Name): readonly ContentionRun[] =>
    cells.find((cell) => cell.writers === writers && cell.roundTripMs === trip)?.flows[name] ?? [];
  const last = (writers: number, name: Name) => runs(writers, name).map(lastLanding(writers));
  const ours = (writers: number) => runs(writers, 'tagboat');
  const growth = (from: number, to: number) => median(last(to, 'tagboat')) / median(last(from, 'tagboat'));
  const most = (figures: readonly number[]) => (figures.length === 0 ? Number.NaN : Math.max(...figures));
  const at = (writers: number) => `${writers} writers, ${trip} ms:`;
  const all = cells.filter(({ roundTripMs }) => roundTripMs === trip).flatMap(({ flows }) => flows.tagboat ?? []);
  return [
    reach(
      `${at(16)} faster to the last landing than the glue`,
      ratio(last(16, 'glue'), last(16, 'tagboat')),
      'at least',
      15,
      '×',
    ),
    reach(
      `${at(16)} faster to the last landing than the bare loop`,
      ratio(last(16, 'bare'), last(16, 'tagboat')),
      'at least',
      3.5,
      '×',
    ),
    reach(
      `${at(64)} pushes to the branch, refused ones too`,
      most(ours(64).map(({ branchPushes }) => branchPushes)),
      'at most',
      6,
      '',
    ),
    reach(`${at(64)} requests a writer`, median(ours(64).map(({ requests }) => requests / 64)), 'at most', 6, ''),
    reach(`${at(64)} time against 16 writers`, growth(16, 64), 'at most', 4.5, '×'),
    reach(`${at(256)} time against 64 writers`, growth(64, 256), 'at most', 5, '×'),
    reach(`${trip} ms, any number: slowest writer against the median one`, most(all.map(slowest)), 'at most', 3, '×'),
  ];
}

function reach(what: string, figure: number, is: Reach['is'], limit: number, unit: string): Reach {
  return { what, figure, is, limit, unit };
}

/** Seconds until the last of them all had landed; NaN where some never did. */
function lastLanding(writers: number): (run: ContentionRun) => number {
  return ({ seconds, landed }) => (landed === writers ? (seconds.at(-1) ?? Number.NaN) : Number.NaN);
}

function slowest({ seconds }: ContentionRun): number {
  return (seconds.at(-1) ?? Number.NaN) / median(seconds);
}

/** One setting with its flows side by side. */
export function contentionTable(cell: ContentionCell, flows: readonly ContentionFlow[]): string {
  const { writers } = cell;
  const rows = flows.flatMap(({ name, title }) => {
    const runs = cell.flows[name];
    if (runs === undefined || runs.length === 0) return [];
    const of = (figure: (run: ContentionRun) => number) => short(median(runs.map(figure)));
    return [
      [
        title,
        of(lastLanding(writers)),
        of(({ landed }) => landed),
        of(({ branchPushes }) => branchPushes),
        of(({ branchMoves }) => branchMoves),
        of(({ requests }) => requests / writers),
        of(({ seconds }) => median(seconds)),
        `${of(slowest)}×`,
      ],
    ];
  });
  const heading = ['Flow', 'Last landing, s', 'Landed', 'Pushes to the branch', 'of them taken'];
  return table([[...heading, 'Requests a writer', 'Median writer, s', 'Slowest of median'], ...rows]);
}

/** Seconds to the last landing by number of writers; where some never landed, nothing is drawn. */
export function contentionChart({ cells }: ContentionResults, flows: readonly ContentionFlow[]): string {
  const panels = [...new Set(cells.map(({ roundTripMs }) => roundTripMs))].map((trip) => ({
    title: trip === 0 ? 'git host on the same machine' : `git host ${trip} ms away`,
    lines: flows.flatMap(({ name }) => {
      const points = cells
        .filter(({ roundTripMs }) => roundTripMs === trip)
        .map(({ writers, flows: runs }) => [writers, median((runs[name] ?? []).map(lastLanding(writers)))] as const)
        .filter(([, seconds]) => !Number.isNaN(seconds));
      return points.length === 0 ? [] : [{ name, title: lineTitles[name], points }];
    }),
  }));
  return chart('Seconds until the last of many writers has landed', panels, { title: 'writers at once', tick: String });
}

const lineTitles: Readonly<Record<Name, string>> = {
  glue: 'git rebase',
  bare: 'bare retry',
  tagboat: 'Tagboat',
};

export function contentionSection(
  results: ContentionResults,
  flows: readonly ContentionFlow[],
  picture: string,
): string {
  const blocks = results.cells.map(
    (cell) => `**${cell.writers} writers, ${cell.roundTripMs} ms round trip**\n\n${contentionTable(cell, flows)}`,
  );
  const left = flows.filter(({ mostWriters }) => results.cells.some(({ writers }) => writers > mostWriters));
  const order = { flow: 'glue', url: 'URL', file: 'CHART/values.yaml', path: '', value: 'VALUE' } as const;
  return `## Many writers at once

![Seconds until the last of many writers has landed, by number of writers](${picture})

Each writer changes one value in a chart of its own (\`CHART/values.yaml\`) in one repo of ${results.files.toLocaleString('en')} files
besides the charts. Writers are processes that have all started and loaded before they are given the word together;
seconds are from that word to each one's landing, by the clock of the machine that they share. So the start of hundreds
of processes on a few cores is in no figure, and the host's own work is in all of them: writers and host share the
machine, and it runs eight git processes at once at most, as hosts limit them. Requests, and pushes whose commands name the branch, are the git host's own records; those taken are the lines
in the branch's log. After every run each claim is checked: the value is in the tip, and there is one commit a change.

The bare loop is Tagboat's own reading and pushing without a queue or any wait: beaten, it tries at once on the new tip.
The glue waits 0.1 to 1 s at random between its tries. ${left.map(({ title, mostWriters }) => `“${title}” was run with up to ${mostWriters} writers.`).join(' ')} Whoever isn't done after ${results.limitSeconds} s is ended.

\`\`\`sh
# ${flows.find(({ name }) => name === 'glue')?.title}
${glueScript(order)}
\`\`\`

${blocks.join('\n\n')}`;
}
