import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { doctor } from '../../src/entry/doctor/doctor.ts';
import { isHealthy, openShop, type Shop } from '../support/cluster/shop.ts';
import { git, tempDir } from '../support/git-host.ts';
import { here } from '../support/here.ts';

/** What doctor finds in an app repo that delivers to the shop, asked with a token. */
async function found(shop: Shop, token: string, about: { sync?: boolean; repo?: string; branch?: string } = {}) {
  const dir = await tempDir();
  const { argocd } = shop.cluster;
  const set = { 'main/values.yaml': { '.front.imageTag': '{commit}' } };
  const main = { from: 'main', repo: shop.repo, set, application: shop.name, ...about };
  const text = stringify({ argocd: { server: argocd.url }, deliveries: { main } });
  await writeFile(join(dir, 'tagboat.yaml'), `# yaml-language-server: $schema=x\n${text}`);
  await git(dir, 'init', '--quiet', '--initial-branch=main');
  await git(dir, 'add', '--all');
  await git(dir, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'commit', '--quiet', '--message', 'x');
  const doctored = doctor({ json: true, quiet: false, color: false, jobs: 1 }, {});
  const { exitCode, events } = await here(doctored, { cwd: dir, env: { ARGOCD_AUTH_TOKEN: token, CI: 'true' } });
  return [
    exitCode,
    ...events.flatMap((event) => (event.type === 'finding' ? [`${event.code} ${event.severity}`] : [])),
  ];
}

it('doctor asks a real Argo CD for its version, for the rights of the token and for what the application follows', async () => {
  const shop = await openShop('doctored');
  const other = await openShop('doctored-branch', {
    spec: { source: { repoURL: shop.repo, path: 'main', targetRevision: 'elsewhere' } },
  });
  const path = await openShop('doctored-path', {
    spec: { source: { repoURL: shop.repo, path: 'other', targetRevision: 'main' } },
  });
  await shop.until(isHealthy);
  const { deployer, reader, stranger } = shop.cluster.argocd.tokens;
  // Nothing is wrong, its version included.
  expect(await found(shop, deployer)).toEqual([0]);
  expect(await found(shop, deployer, { sync: true })).toEqual([0]);
  expect(await found(shop, reader)).toEqual([0]);
  // By `account can-i`.
  expect(await found(shop, reader, { sync: true })).toEqual([2, 'ARGOCD_FORBIDDEN error']);
  expect(await found(shop, stranger)).toEqual([2, 'ARGOCD_FORBIDDEN error']);
  expect(await found(shop, 'nobody')).toEqual([2, 'ARGOCD_AUTH_REFUSED error']);
  // Another branch, another folder, another repository.
  expect(await found({ ...other, repo: shop.repo }, deployer)).toEqual([2, 'APPLICATION_FOLLOWS_OTHER error']);
  expect(await found({ ...path, repo: shop.repo }, deployer)).toEqual([0, 'APPLICATION_FOLDER_OTHER warning']);
  expect(await found(shop, deployer, { repo: other.repo })).toEqual([2, 'APPLICATION_FOLLOWS_OTHER error']);
});
