import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Target, targets } from '../../bench/config-repo.ts';
import { assertLanded, baseRepo, freshCopy } from '../../bench/fixture.ts';
import { baselines } from '../../bench/flows.ts';
import { bareEnv, run } from '../../bench/process.ts';
import { type GitHost, startGitHost } from '../../src/sandbox/git-host/git-host.ts';

let temp = '';
let base = '';
let host: GitHost;

beforeAll(async () => {
  temp = mkdtempSync(join(tmpdir(), 'tagboat-bench-test-'));
  base = await baseRepo(join(temp, 'cache'), 100);
  host = await startGitHost({ env: process.env, dir: join(temp, 'served') });
});

afterAll(async () => {
  await host.close();
  rmSync(temp, { recursive: true, force: true });
});

let count = 0;

async function pushed(argv: readonly string[]): Promise<string> {
  const repo = host.repoDir('config');
  await freshCopy(base, repo);
  count += 1;
  const cwd = join(temp, `work-${count}`);
  mkdirSync(cwd);
  await run({ argv, cwd, env: bareEnv(cwd) });
  return repo;
}

it('git takes the import as it is meant: every file, one commit more for each step of history', async () => {
  const files = (await run({ argv: ['git', '-C', base, 'ls-tree', '-r', '--name-only', 'main'] })).stdout;
  expect(files.trim().split('\n')).toHaveLength(100);
  const commits = (await run({ argv: ['git', '-C', base, 'rev-list', '--count', 'main'] })).stdout;
  expect(Number(commits)).toBe(21);
});

it('a base repo is made once', async () => {
  expect(await baseRepo(join(temp, 'cache'), 100)).toBe(base);
});

it.each(baselines)('$title changes the value and nothing else', async (flow) => {
  for (const target of targets(100)) {
    const repo = await pushed(flow.argv({ url: host.repoUrl('config'), target, value: 'a1b2c3' }));
    await assertLanded(base, repo, target, 'a1b2c3');
  }
});

it('a run that did nothing, the wrong thing or too much is caught', async () => {
  const [target] = targets(100) as [Target];
  const url = host.repoUrl('config');
  const shell = (edit: string) =>
    pushed(['/bin/sh', '-ec', `git clone -q ${url} c; cd c; ${edit}; git commit -qam x; git push -q`]);
  const change = `sed -i 's/ tag: .*/ tag: a1b2c3/' ${target.file}`;

  await freshCopy(base, host.repoDir('config'));
  await expect(assertLanded(base, host.repoDir('config'), target, 'a1b2c3')).rejects.toThrow();
  await expect(assertLanded(base, await shell(change), target, 'another')).rejects.toThrow();
  await expect(
    assertLanded(base, await shell(`${change}; echo >> main/Chart.yaml`), target, 'a1b2c3'),
  ).rejects.toThrow();
  const twice = `${change}; git commit -qam first; echo >> main/Chart.yaml`;
  await expect(assertLanded(base, await shell(twice), target, 'a1b2c3')).rejects.toThrow();
  await assertLanded(base, await shell(change), target, 'a1b2c3');
});

it('pushes to a copy leave the base as it was', async () => {
  const tip = async () => (await run({ argv: ['git', '-C', base, 'rev-parse', 'main'] })).stdout;
  const before = await tip();
  const [target] = targets(100) as [Target];
  for (const flow of baselines) await pushed(flow.argv({ url: host.repoUrl('config'), target, value: 'a1b2c3' }));
  expect(await tip()).toBe(before);
  await run({ argv: ['git', '-C', base, 'fsck', '--strict'] });
});
