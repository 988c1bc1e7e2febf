/**
 * How long it takes to read what was delivered: ten thousand deliveries of two hundred services by Tagboat's one fetch of
 * commits, and by a clone without files and `git log`. `node bench/history.ts` prints it.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readBranch } from '../src/commit/history/read-branch.ts';
import { createWorld } from '../src/entry/run/world.ts';
import { startGitHost } from '../src/sandbox/git-host/git-host.ts';

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
        `Tagboat-Set: ${file}:.front.imageTag=${commit}`,
      ],
      ...[`Tagboat-Source: ${url}@${commit}`, `Tagboat-Run: ${url}/actions/runs/${9_000_000_000 + at}`],
      ...['Argocd-reference-commit-author: Ada <ada@example.test>', `Argocd-reference-commit-sha: ${commit}`],
      ...[`Argocd-reference-commit-subject: Change number ${at}`, `Argocd-reference-commit-repourl: ${url}`],
      'Argocd-reference-commit-date: 2026-01-01T00:00:00Z\n',
    ].join('\n');
    const text = `front:\n  imageTag: ${commit}\n  replicas: 2\n`;
    lines.push(`commit refs/heads/main\ncommitter Bot <bot@example.test> ${1_700_000_000 + at * 300} +0000`);
    lines.push(`data ${message.length}\n${message}`, `M 100644 inline ${file}\ndata ${text.length}\n${text}`);
  }
  return `${lines.join('\n')}\n`;
}

const env = { PATH: process.env.PATH };
const host = await startGitHost({ env });
const repo = await host.createRepo('config');
// Never in step: the host that git asks is in this process.
const git = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)('git', args, { encoding: 'utf8', maxBuffer: 1 << 28 })).stdout;
execFileSync('git', ['-C', host.repoDir('config'), 'fast-import', '--quiet', '--force'], { input: history() });
await git('-C', host.repoDir('config'), 'repack', '-adq');

const signal = new AbortController().signal;
const world = createWorld({ env, signal, mask: () => undefined, notice: () => undefined, trace: undefined });
const places = Array.from({ length: services }, (_, at) => ({
  file: `services/s${at}/values.yaml`,
  path: '.front.imageTag',
}));
const bytesOf = (): number => host.requests.reduce((sum, { bytesOut }) => sum + bytesOut, 0);

for (let round = 0; round < 2; round += 1) {
  let before = bytesOf();
  let began = performance.now();
  const read = await readBranch(world, { repo, branch: 'main' }, undefined, { places, enough: () => false });
  const ours = performance.now() - began;
  const bytes = bytesOf() - before;
  const memory = process.memoryUsage().rss / 2 ** 20;

  const dir = mkdtempSync(join(tmpdir(), 'bench-history-'));
  before = bytesOf();
  began = performance.now();
  await git('clone', '--quiet', '--bare', '--filter=tree:0', repo, dir);
  const log = (await git('-C', dir, 'log', '--format=%H%x00%P%x00%an%x00%ct%x00%B%x01', 'main')).split('\x01');
  const theirs = performance.now() - began;
  rmSync(dir, { recursive: true });
  const found = `${read.records.length} records, ${read.places.filter(({ byHand }) => !byHand).length} places`;
  console.log(
    `tagboat   ${Math.round(ours)} ms  ${Math.round(bytes / 1024)} KiB  ${Math.round(memory)} MiB in all  ${found}`,
  );
  console.log(
    `git log   ${Math.round(theirs)} ms  ${Math.round((bytesOf() - before) / 1024)} KiB  ${log.length - 1} commits, no values`,
  );
}
world.close();
await host.close();
