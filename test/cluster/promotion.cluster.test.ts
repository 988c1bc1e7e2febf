import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Candidate } from '../../src/plan/listed.ts';
import { cli, resultOf } from '../support/cli.ts';
import { readyImages } from '../support/cluster/pods.ts';
import { isHealthy, openShop, type Shop } from '../support/cluster/shop.ts';
import { git, tempDir } from '../support/git-host.ts';

const names = ['dev', 'staging', 'production'] as const;

it('a commit goes from dev to staging and production by what is due, healthy at each, and not before it has soaked', async () => {
  const shops = await Promise.all(names.map((name) => openShop(`chain-${name}`)));
  const [dev, staging, production] = shops as [Shop, Shop, Shop];
  await Promise.all(shops.map((shop) => shop.until(isHealthy)));
  const { argocd } = dev.cluster;
  const app = await tempDir();
  const configure = (soak: string): Promise<void> => {
    const ways = [{ from: 'main' }, { after: 'dev', soak }, { after: 'staging', soak: '1s' }];
    const deliveries = shops.map((shop, at) => [
      names[at],
      {
        ...ways[at],
        repo: shop.repo,
        set: { 'main/values.yaml': { '.front.imageTag': '{commit}' } },
        application: shop.name,
      },
    ]);
    const server = { server: argocd.url, timeout: '5m', settle: '1s' };
    return writeFile(
      join(app, 'tagboat.yaml'),
      stringify({ argocd: server, deliveries: Object.fromEntries(deliveries) }),
    );
  };
  await configure('1h');
  await git(app, 'init', '--quiet', '--initial-branch=main');
  await git(app, 'add', '--all');
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.test'];
  await git(app, ...who, 'commit', '--quiet', '--message', 'Open the shop');
  const source = (await git(app, 'rev-parse', 'HEAD')).trim();
  const env = { ARGOCD_AUTH_TOKEN: argocd.tokens.deployer, GITHUB_ACTIONS: 'false' };
  const run = async (...args: string[]) => {
    const result = await cli([...args, '--json'], { cwd: app, env });
    const verdicts = result.events.flatMap((event) => (event.type === 'verdict.finished' ? [event.verdict] : []));
    return { code: result.code, stderr: result.stderr, verdicts, ...resultOf(result) };
  };
  /** What was decided of each, and the applications that were judged. */
  const due = async () => {
    const { code, stderr, verdicts, value } = await run('promote', '--due');
    expect(code, stderr).toBe(0);
    const { candidates } = value as { candidates: readonly Candidate[] };
    const told = candidates.map(({ delivery, notYet, healthy }) => [delivery, notYet.map(({ is }) => is), healthy]);
    return { told, judged: verdicts.map(({ application, is }) => [application, is]) };
  };
  const shipped = await run('ship');
  expect(shipped.verdicts, shipped.stderr).toMatchObject([{ application: dev.name, is: 'healthy' }]);

  // With the hour not over, nothing goes anywhere.
  expect(await due()).toEqual({
    told: [
      ['staging', ['soaking'], true],
      ['production', ['nothing'], undefined],
    ],
    judged: [],
  });
  expect((await cli(['promote', '--due'], { cwd: app, env })).stdout).toMatch(/staging +dev +\w{7,} +soaking until /);

  await configure('1s');
  const first = await due();
  expect(first.told).toEqual([
    ['staging', [], true],
    ['production', ['nothing'], undefined],
  ]);
  expect(first.judged).toEqual([[staging.name, 'healthy']]);
  expect(await readyImages(staging)).toEqual([`registry.test/front:${source}`]);
  expect(await readyImages(production)).toEqual(['registry.test/front:v1']);

  const second = await due();
  expect(second.told).toEqual([
    ['staging', ['nothing'], undefined],
    ['production', [], true],
  ]);
  expect(second.judged).toEqual([[production.name, 'healthy']]);
  expect(await readyImages(production)).toEqual([`registry.test/front:${source}`]);
  expect((await due()).judged).toEqual([]);
});
