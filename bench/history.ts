import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { startGitHost } from '../src/sandbox/git-host/git-host.ts';
import { lookAtPage, noChromium, type PageLook, withChromium } from './page.ts';
import { bareEnv, run } from './process.ts';
import type { Reach } from './reach.ts';
import type { HistoryResults } from './results.ts';
import { median, ratio } from './statistics.ts';
import { table } from './table.ts';

const [commits, services] = [10_000, 200];

function history(): string {
  const lines: string[] = [];
  for (let at = 0; at < commits; at += 1) {
    const [service, commit] = [at % services, (at * 7_919 + 12_345).toString(16).padStart(40, '0')];
    const file = `services/s${service}/values.yaml`;
    const url = `https://github.com/acme/s${service}`;
    const message = [
      `Update image tag to ${commit}\n`,
      ...[
        `Tagboat-App: acme/s${service}`,
        'Tagboat-Delivery: production',
        `Tagboat-Set: ${file}:.s${service}.imageTag=${commit}`,
      ],
      ...[`Tagboat-Source: ${url}@${commit}`, `Tagboat-Run: ${url}/actions/runs/${9_000_000_000 + at}`],
      ...['Argocd-reference-commit-author: Ada <ada@example.test>', `Argocd-reference-commit-sha: ${commit}`],
      ...[`Argocd-reference-commit-subject: Change number ${at}`, `Argocd-reference-commit-repourl: ${url}`],
      'Argocd-reference-commit-date: 2026-01-01T00:00:00Z\n',
    ].join('\n');
    const text = `s${service}:\n  imageTag: ${commit}\n  replicas: 2\n`;
    lines.push(`commit refs/heads/main\ncommitter Bot <bot@example.test> ${1_700_000_000 + at * 300} +0000`);
    lines.push(`data ${message.length}\n${message}`, `M 100644 inline ${file}\ndata ${text.length}\n${text}`);
  }
  return `${lines.join('\n')}\n`;
}

interface HistoryPlan {
  readonly rounds: number;
  readonly cli: string;
  readonly temp: string;
}

/** Whole processes in turn against one git host: the dashboard until its data is there, and git with a script that parses. */
export async function measureHistory({ rounds, cli, temp }: HistoryPlan): Promise<Omit<HistoryResults, 'around'>> {
  const dir = join(temp, 'history');
  mkdirSync(dir);
  const host = await startGitHost({ env: process.env, dir: join(dir, 'served') });
  try {
    const repo = await host.createRepo('config');
    const served = host.repoDir('config');
    execFileSync('git', ['-C', served, 'fast-import', '--quiet', '--force'], { input: history() });
    execFileSync('git', ['-C', served, 'repack', '-adq']);
    const app = join(dir, 'app');
    const env = bareEnv(dir);
    execFileSync('git', ['init', '--quiet', '--initial-branch=main', app], { env });
    const set = Array.from(
      { length: services },
      (_, at) => `      services/s${at}/values.yaml: { .s${at}.imageTag: "{commit}" }\n`,
    );
    const head = `deliveries:\n  production:\n    from: main\n    repo: ${repo}\n    branch: main\n    set:\n`;
    writeFileSync(join(app, 'tagboat.yaml'), head + set.join(''));
    execFileSync('git', ['-C', app, 'add', '--all'], { env });
    execFileSync('git', ['-C', app, 'commit', '--quiet', '--message', 'Deliver'], { env });
    const log = join(dir, 'log.sh');
    writeFileSync(log, gitLog);
    const found = { git: [] as number[], tagboat: [] as number[], bytes: [] as number[] };
    const pages: (PageLook & { bytes: number })[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const clone = join(dir, 'clone.git');
      found.git.push((await run({ argv: ['/bin/sh', log, repo, clone, process.execPath], env })).seconds);
      rmSync(clone, { recursive: true });
      const { seconds, bytes } = await dashboard([process.execPath, cli, 'ui', '--json'], app, env);
      found.tagboat.push(seconds);
      found.bytes.push(bytes);
    }
    if (noChromium !== undefined) return { ...found, noPages: noChromium };
    // Behind the rest: a browser that runs beside them would slow them.
    await withChromium(async (browser) => {
      for (let round = 0; round < rounds; round += 1) {
        const look = (url: string): Promise<PageLook> => lookAtPage(browser, url);
        const { bytes, looked } = await dashboard([process.execPath, cli, 'ui', '--json'], app, env, look);
        pages.push({ ...looked, bytes });
      }
    });
    return { ...found, pages };
  } finally {
    await host.close();
  }
}

/** All commits without a file, and their trailers as JSON: what a script of one's own would read. */
const gitLog = `set -e
git clone --quiet --bare --filter=tree:0 "$1" "$2"
git -C "$2" log --format='%H%x00%an%x00%cI%x00%B%x01' main | "$3" -e '
const commits = require("fs").readFileSync(0, "utf8").split("\\u0001").map((one) => one.trim().split("\\0"));
console.log(JSON.stringify(commits.map(([id, by, at, message = ""]) => ({
  id, by, at, trailers: [...message.matchAll(/^([A-Za-z-]+): (.*)$/gm)].map(([, key, value]) => [key, value]),
}))).length)'
`;

/** Seconds from the start until the page's data is there, and the most memory that it took until that was looked at. */
function dashboard<T>(
  [program = '', ...args]: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  look: (url: string) => Promise<T> = async () => undefined as T,
): Promise<{ seconds: number; bytes: number; looked: T }> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    let found: Promise<{ seconds: number; bytes: number; looked: T }> | undefined;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [, url] = /DASHBOARD_READY.*"url":"([^"]+)"/.exec(said) ?? [];
      if (found !== undefined || url === undefined) return;
      const seconds = (performance.now() - began) / 1_000;
      found = look(url).then((looked) => {
        const [, kib] = /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
        return { seconds, bytes: Number(kib) * 1_024, looked };
      });
      const end = (): boolean => child.kill('SIGINT');
      found.then(end, end);
    });
    child.on('error', reject);
    child.on('close', () => resolve(found ?? Promise.reject(new Error(`no dashboard came up:\n${said}`))));
  });
}

export function historyTable({ git, tagboat, bytes, pages = [], noPages }: HistoryResults): string {
  const read = table([
    [`${commits.toLocaleString('en')} commits, ${services} services`, 'seconds', 'peak memory, MB'],
    ['`git clone --filter=tree:0`, `git log`, trailers parsed', median(git).toFixed(2), '–'],
    ['`tagboat ui` until its data is there', median(tagboat).toFixed(2), (median(bytes) / 1e6).toFixed(0)],
  ]);
  if (pages.length === 0) return noPages === undefined ? read : `${read}\n\nThe page wasn't looked at: ${noPages}.`;
  const of = (pick: (one: (typeof pages)[number]) => number): number => median(pages.map(pick));
  const shown = table([
    ['its page in headless Chromium', ''],
    ['from the address to the first frame with what is deployed', `${of(({ paint }) => paint).toFixed(2)} s`],
    ['the timeline scrolled for three seconds', `${of(({ frames }) => frames).toFixed(0)} frames/s`],
    ['its longest frame', `${(of(({ slowest }) => slowest) * 1_000).toFixed(0)} ms`],
    ['peak memory of the server by then', `${(of((one) => one.bytes) / 1e6).toFixed(0)} MB`],
  ]);
  return `${read}\n\n${shown}`;
}

export const historyWords = `A config repo of ten thousand deliveries to two hundred services. Git's side has the commits and their trailers; Tagboat's
has read the config, the values at the tip, holds and queue besides, and what its page shows of them.`;

export function historyReaches({ git, tagboat, bytes, pages = [] }: HistoryResults): Reach[] {
  const what = 'the dashboard of 10,000 commits and 200 services:';
  const page: Reach[] =
    pages.length === 0
      ? []
      : [
          {
            ...{ what: `${what} first paint`, is: 'at most', limit: 1, unit: ' s' },
            figure: median(pages.map(({ paint }) => paint)),
          },
          {
            ...{ what: `${what} scrolling`, is: 'at least', limit: 50, unit: ' frames/s' },
            figure: median(pages.map(({ frames }) => frames)),
          },
          {
            ...{ what: `${what} peak memory with its page`, is: 'at most', limit: 150, unit: ' MB' },
            figure: median(pages.map((one) => one.bytes)) / 1e6,
          },
        ];
  return [
    ...page,
    { what: `${what} data ready`, figure: median(tagboat), is: 'at most', limit: 1.5, unit: ' s' },
    { what: `${what} time against git log`, figure: 1 / ratio(git, tagboat), is: 'at most', limit: 2, unit: '×' },
    { what: `${what} peak memory`, figure: median(bytes) / 1e6, is: 'at most', limit: 150, unit: ' MB' },
  ];
}
