import { chart } from './chart.ts';
import type { ContentionFlow } from './contention-flows.ts';
import { contentionSection } from './contention-report.ts';
import type { Flow } from './flows.ts';
import { handoffSection } from './handoff-report.ts';
import { historyTable, historyWords } from './history.ts';
import { hostTable, hostWords } from './hosts.ts';
import { queueTable, queueWords } from './queue-report.ts';
import { reachRows, short } from './reach.ts';
import { percentAbove, reaches, targetTitles } from './reaches.ts';
import type {
  BuildResults,
  CommitCell,
  CommitResults,
  FlowRuns,
  MemoryResults,
  Results,
  Surroundings,
} from './results.ts';
import { reuseTable, reuseWords } from './reuse-results.ts';
import { apiTable, rivalWords } from './rivals-report.ts';
import { median, range, ratio } from './statistics.ts';
import { table } from './table.ts';
import { verdictTable, verdictWords } from './verdict-report.ts';

/** What the report says besides figures. */
export interface Words {
  /** The flows with the commands they run. */
  readonly flows: readonly Flow[];
  /** Path of the chart, from the report. */
  readonly chart: string;
  readonly contention: { readonly flows: readonly ContentionFlow[]; readonly chart: string };
}

/** The whole report as Markdown, from every result that is there. */
export function report(results: Results, words: Words): string {
  const found = reaches(results);
  return `${[
    '# Measurements',
    '<!-- Written by `npm run bench`. Changes by hand are lost with the next run. -->',
    `All figures come from \`npm run bench\`, which runs every flow in turn (A B C A B C) on one machine against the same
servers on loopback. A ratio is the median of the ratios within each round. Seconds are whole processes, from start to
exit. The runs themselves are kept as JSON in [bench/](bench/).`,
    ...handoff(results),
    ...(found.length === 0 ? [] : ['## What was to be reached', boundWords, table(reachRows(found))]),
    ...(results.commit === undefined ? [] : [commitSection(results.commit, words)]),
    ...hosts(results),
    ...(results.memory === undefined ? [] : [memorySection(results.memory)]),
    ...(results.build === undefined ? [] : [buildSection(results.build)]),
    ...reuse(results),
    ...contention(results, words),
    ...queue(results),
    ...verdict(results),
    ...history(results),
    ...rivals(results, words.flows),
    `## Repeat it

\`\`\`sh
npm run bench                # everything but handoff, contention and queue, about a quarter of an hour
npm run bench -- handoff     # the whole hand-off, about a quarter of an hour more
npm run bench -- commit      # one part: commit, hosts, memory, build, reuse, contention, queue, verdict, history or rivals
npm run bench -- contention  # many writers at once, fewer times with --rounds 1; --glue 64 runs git's commands with 64 writers too, for very long
npm run bench -- --quick     # few rounds, printed only: says whether it works, not how fast it is
\`\`\``,
  ].join('\n\n')}\n`;
}

const boundWords = `The bound of a commit is what a client that does nothing but wait would take with the same requests: the
host's own time (from a request's headers to the end of its answer), a round trip for each request and one for the
connection, and a Node.js that starts and ends. By git, the fifth request is the look whether the branch has what the host
reported as pushed. The host's time grows with its files: git-receive-pack ends every push with
\`git rev-list --objects --stdin --not --all\`, which reads all folders of the tip, whoever pushes.`;

function handoff({ handoff: found }: Results): string[] {
  return found === undefined ? [] : [`${handoffSection(found, 'bench/handoff.svg')}\n\n${taken(found.around)}`];
}

function rivals({ rivals: found }: Results, flows: readonly Flow[]): string[] {
  if (found === undefined) return [];
  const cells = { 'Behind nginx': found.front, 'With a newer git': found.newer ?? 'it was not asked for' };
  const tables = Object.entries(cells).map(([title, cell]) =>
    typeof cell === 'string' ? `${title}: not measured, ${cell}.` : `**${title}**\n\n${cellTable(cell, flows)}`,
  );
  return [['## Others on the same hosts', rivalWords, apiTable(found), ...tables, taken(found.around)].join('\n\n')];
}

function history({ history: found }: Results): string[] {
  return found === undefined
    ? []
    : [`## What was delivered\n\n${historyWords}\n\n${historyTable(found)}\n\n${taken(found.around)}`];
}

function hosts({ hosts: found }: Results): string[] {
  return found === undefined
    ? []
    : [`## What hosts are asked\n\n${hostWords}\n\n${hostTable(found)}\n\n${taken(found.around)}`];
}

function queue({ queue: found }: Results): string[] {
  return found === undefined
    ? []
    : [`## What the queue asks\n\n${queueWords}\n\n${queueTable(found)}\n\n${taken(found.around)}`];
}

function verdict({ verdict: found }: Results): string[] {
  if (found === undefined) return [];
  return [`## From a push to its verdict\n\n${verdictWords}\n\n${verdictTable(found)}\n\n${taken(found.around)}`];
}

function reuse({ reuse: found }: Results): string[] {
  return found === undefined
    ? []
    : [`## What didn't change\n\n${reuseWords}\n\n${reuseTable(found)}\n\n${taken(found.around)}`];
}

function contention({ contention: found }: Results, { contention: { flows, chart: picture } }: Words): string[] {
  return found === undefined ? [] : [`${contentionSection(found, flows, picture)}\n\n${taken(found.around)}`];
}

/** One setting with its flows side by side, as it is printed while the bench runs. */
export function cellTable(cell: CommitCell, flows: readonly Flow[]): string {
  const ours = cell.flows.tagboat?.seconds ?? [];
  const rows = flows.flatMap(({ name, title }) => {
    const runs = cell.flows[name];
    if (runs === undefined) return [];
    const [lowest, highest] = range(runs.seconds);
    const isOurs = name === 'tagboat' || name === 'api';
    const slower = name === 'tagboat' || ours.length === 0 ? '–' : `${short(ratio(runs.seconds, ours))}×`;
    const above = isOurs ? `${Math.round(percentAbove(cell, name))} %` : '–';
    return [[title, short(median(runs.seconds)), `${short(lowest)}–${short(highest)}`, slower, above, ...wire(runs)]];
  });
  const heading = [
    'Flow',
    'Seconds',
    'Lowest–highest',
    'Of Tagboat’s time by git',
    'Above the bound',
    'Host, s',
    'Requests',
    'Connections',
    'KiB received',
  ];
  return table([heading, ...rows]);
}

/** The chart of the commit case. */
export function commitChart({ cells }: CommitResults, flows: readonly Flow[]): string {
  const deep = cells.filter((cell) => cell.target === 'deep');
  const panels = [...new Set(deep.map((cell) => cell.roundTripMs))].map((roundTripMs) => ({
    title: roundTripMs === 0 ? 'git host on the same machine' : `git host ${roundTripMs} ms away`,
    lines: flows.map(({ name }) => ({
      name,
      title: lineTitles[name],
      points: deep
        .filter((cell) => cell.roundTripMs === roundTripMs)
        .map((cell) => [cell.files, median(cell.flows[name]?.seconds ?? [])] as const),
    })),
  }));
  return chart('Seconds to change one value in a config repo', panels);
}

const lineTitles: Readonly<Record<Flow['name'], string>> = {
  clone: 'shallow clone',
  sparse: 'sparse clone',
  tagboat: 'Tagboat',
  api: 'Tagboat, API',
};

export function memoryTable({ peaks, starts }: MemoryResults): string {
  return [
    table([['Peak memory', 'MB'], ...peaks.map(({ what, bytes }) => [what, short(median(bytes) / 1e6)])]),
    table([['Start to exit', 'ms'], ...starts.map(({ what, ms }) => [what, short(median(ms))])]),
  ].join('\n\n');
}

export function buildTable({ rows, skipped }: BuildResults): string {
  const heading = ['Three images', 'docker build + push, s', 'tagboat build, s', 'Faster'];
  const lines = rows.map(({ what, docker, tagboat }) => [
    what,
    short(median(docker)),
    short(median(tagboat)),
    docker.length === 0 ? '–' : `${short(ratio(docker, tagboat))}×`,
  ]);
  const note = skipped === undefined ? '' : `\n\ndocker was skipped: ${skipped}`;
  return table([heading, ...lines]) + note;
}

function commitSection(results: CommitResults, words: Words): string {
  const example = words.flows.map((flow) => `# ${flow.title}\n${shown(flow)}`).join('\n\n');
  const blocks = results.cells.map((cell) => {
    const place = `${cell.files.toLocaleString('en')} files, ${cell.roundTripMs} ms round trip, ${targetTitles[cell.target]}`;
    return `**${place}**\n\n${cellTable(cell, words.flows)}`;
  });
  const probes = results.probes.map(
    (probe) =>
      `With ${probe.roundTripMs} ms, a bare client saw ${short(probe.echoMs)} ms for an echo and ${short(probe.firstEchoMs)} ms for opening a connection and the first echo on it.`,
  );
  return `## A config commit

![Seconds to change one value, by number of files](${words.chart})

One value is changed and pushed: either four folders deep (\`apps/<team>/<app>/production/values.yaml\`) or in
\`main/values.yaml\`. The repo has about 30 lines a file, four files a folder, and a packed history of 21 commits; the git
host is git's own \`http-backend\` with GitHub's rules, as far as they are publicly seen (\`uploadpackfilter.tree.maxDepth=0\`).
GitHub's API is the sandbox's stand-in: its seconds are those of the git commands that it runs, and GitHub's will be others.
After every run the tip is checked: one commit more, one line changed. The
host's seconds, requests, connections and bytes (headers included) are its own records. The git flows edit by \`sed\`, which costs
nothing, and no repo has files at its top, which spares the sparse clone one fetch. An answer that is
broken off in the middle, as that of a folder list beyond 512 KiB is, counts with all that the host had handed to the system by
then: on loopback that is several times what was read. Work folders are removed at the very
end: for minutes after many files were deleted, ext4 makes new ones several times slower, which would hit git's flows
alone.

A delay is a TCP proxy that holds every chunk half a round trip each way, any number at once, so throughput stays; a new
connection waits one round trip more, as TCP's handshake does. TLS and slow start, which cost git's flows more, are not
imitated. ${probes.join(' ')}

\`\`\`sh
${example}
\`\`\`

${blocks.join('\n\n')}

${taken(results.around)}`;
}

function memorySection(results: MemoryResults): string {
  return `## Memory and start

Peak memory is the most that was resident at once, whole process, read by ${results.readBy}. A start is a process that
prints its version and ends; \`tagboat\` is \`bin/tagboat\` in a checkout, which first looks whether its sources changed.
\`node -e 0\` is what Node.js itself takes. Medians.

${memoryTable(results)}

${taken(results.around)}`;
}

function buildSection(results: BuildResults): string {
  return `## Three images

Three Dockerfiles without \`RUN\` as a web shop's might be: a 30 MB base image, 20 MB of application files in all, pushed
to Debian's \`docker-registry\`. Docker builds and pushes one after the other as the workflow that Tagboat replaces does;
Tagboat assembles the images itself. Cold: nothing but the base image in the registry, nothing kept on the machine.
Warm: the same files again under a new tag.

${buildTable(results)}

${taken(results.around)}`;
}

function taken(around: Surroundings): string {
  return `<sub>Taken ${around.date} at ${around.commit} on ${around.machine}; ${around.programs.join(', ')}.</sub>`;
}

/** A flow's command with words in place of what differs from run to run. */
function shown(flow: Flow): string {
  const target = { name: 'deep', file: 'FOLDER/values.yaml', section: 'image', key: 'tag' } as const;
  const argv = flow.argv({ url: 'URL', target, value: 'VALUE' });
  if (argv[0] === '/bin/sh') return argv.at(-1) ?? '';
  return ['tagboat', ...argv.slice(2)].map((word) => (/[\s'"]/.test(word) ? `'${word}'` : word)).join(' ');
}

function wire(runs: FlowRuns): string[] {
  return [
    short(median(runs.hosted)),
    short(median(runs.requests)),
    short(median(runs.connections)),
    (median(runs.received) / 1024).toFixed(1),
  ];
}
