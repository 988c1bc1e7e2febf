import { type Area, areas, type Scenario } from './scenario.ts';

const headings: Readonly<Record<Area, string>> = {
  config: 'Config and command line',
  auth: 'Credentials',
  build: 'Images',
  registry: 'Registry',
  git: 'Config repo',
  argocd: 'Argo CD',
};

const before = `# What can go wrong, and what happens then

Each row is caused for real by its scenario in [\`test/scenarios/\`](../test/scenarios/), which holds the run to the code,
the exit code and the guarantees that the row names. This page is written from the scenarios by \`npm run faults\`; a test
fails when the two differ.

Exit codes: 0 done or nothing to do, 1 a fault in Tagboat, 2 config or usage, 3 credentials, 4 build, 5 registry,
6 config repo, 7 unhealthy, 8 timed out, 130 interrupted.
`;

/** The fault catalogue as a page of Markdown, one table an area. */
export function catalogueOf(scenarios: readonly Scenario[]): string {
  const parts = areas.map((area) =>
    partOf(
      area,
      scenarios.filter((scenario) => scenario.area === area),
    ),
  );
  return [before, ...parts.filter((part) => part !== '')].join('\n');
}

function partOf(area: Area, rows: readonly Scenario[]): string {
  if (rows.length === 0) return '';
  const lines = rows.map(({ title, file, whatHappens, whatTheUserSees, exitCode, guarantee }) =>
    rowOf([
      `[${title}](../test/scenarios/${file})`,
      whatHappens,
      `\`${whatTheUserSees}\``,
      String(exitCode),
      guarantee,
    ]),
  );
  const head = [
    rowOf(['Fault', 'What happens', 'What you see', 'Exit', 'What is guaranteed']),
    '| - | - | - | - | - |',
  ];
  return `## ${headings[area]}\n\n${[...head, ...lines].join('\n')}\n`;
}

function rowOf(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}
