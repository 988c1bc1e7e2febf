import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import type { HistoryValue, StatusValue } from '../../../../src/events/json-event.ts';
import { type CliResult, cli, resultOf } from '../../../support/cli.ts';
import { git, gitHost, noHttpBackend, skipNote, tempDir } from '../../../support/git-host.ts';

const commits = 100_000;
const id = 'a'.repeat(40);

/** Commits of others', and far below them one delivery: as fast-import takes them, a piece at a time. */
function* stream(): Generator<string> {
  for (let at = 0; at < commits; at += 1) {
    const own =
      at === 10
        ? `Deliver\n\nTagboat-Delivery: live\nTagboat-Set: values.yaml:.tag=${id}\nTagboat-Source: @${id}\n`
        : '';
    const message = own || `Change number ${at} of somebody else\n\n${'Why it was made, at some length. '.repeat(6)}\n`;
    const text = at === 10 ? `tag: ${id}\n` : `${at}\n`;
    const path = at === 10 ? 'values.yaml' : 'notes.md';
    yield `commit refs/heads/main\ncommitter A <a@b.test> ${1_600_000_000 + at * 60} +0000\ndata ${message.length}\n${message}\nM 100644 inline ${path}\ndata ${text.length}\n${text}\n`;
  }
}

it.skipIf(noHttpBackend !== undefined)(
  `a config repo of 100,000 commits without our trailers is read so far and no farther, in bounded memory, and says so${skipNote}`,
  { timeout: 900_000 },
  async () => {
    const host = await gitHost();
    const repo = await host.createRepo('config');
    const served = host.repoDir('config');
    const taking = spawn('git', ['-C', served, 'fast-import', '--quiet', '--force'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const taken = once(taking, 'close');
    for (const piece of stream()) if (!taking.stdin.write(piece)) await once(taking.stdin, 'drain');
    taking.stdin.end();
    expect(await taken).toEqual([0, null]);
    execFileSync('git', ['-C', served, 'repack', '-adq']);
    const app = await tempDir();
    await writeFile(
      join(app, 'tagboat.yaml'),
      `deliveries: { live: { from: main, repo: '${repo}', set: { values.yaml: { .tag: '{commit}' } } } }\n`,
    );
    await git(app, 'init', '--quiet', '--initial-branch=main');
    await git(app, 'add', '--all');
    await git(app, '-c', 'user.name=Ada', '-c', 'user.email=a@b.test', 'commit', '--quiet', '--message', 'Begin');
    const ask = async <T>(...args: string[]): Promise<T> => {
      const before = host.requests.length;
      const done: CliResult = await cli([...args, '--json'], { cwd: app, alone: true });
      const result = resultOf(done);
      expect(result.errors).toEqual([]);
      // A few requests, and no more of the history than was wanted.
      const asked = host.requests.slice(before);
      expect(asked.length).toBeLessThan(40);
      expect(asked.reduce((sum, { bytesOut }) => sum + bytesOut, 0)).toBeLessThan(16 * 1_024 * 1_024);
      return result.value as T;
    };
    const history = await ask<HistoryValue>('history');
    expect(history).toMatchObject({ entries: [], whole: false });
    expect(history.others).toBeGreaterThanOrEqual(10_000);
    expect((await cli(['history'], { cwd: app })).stdout).toContain('Not all commits were read.');
    expect((await ask<StatusValue>('status')).rows).toMatchObject([{ value: id, commit: id, byHand: false }]);
    expect(await ask('where')).toMatchObject({ deliveries: [{ is: 'unknown' }] });
    const peak = await dashboardPeak(app);
    expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(150 * 1_024);
  },
);

/** The most memory, KiB, that the dashboard takes until its data is there: Linux tells. */
async function dashboardPeak(cwd: string): Promise<number> {
  const program = resolve(import.meta.dirname, '../../../../dist/cli.js');
  const env = { PATH: process.env.PATH, HOME: '/nonexistent' };
  const args = [program, 'ui', '--json', '--no-open'];
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const over = once(child, 'close');
  let peak = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.includes('DASHBOARD_READY')) continue;
    peak = Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
    child.kill('SIGTERM');
  }
  await over;
  return peak;
}
