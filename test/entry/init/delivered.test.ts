import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { ship } from '../../../src/entry/commands/ship.ts';
import { startArgoCd } from '../../../src/sandbox/argocd/argocd-host.ts';
import { git, gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { fastClock } from '../../support/world.ts';
import { appRepo, common, runInit } from './scene.ts';

const written = {
  helm: ['apps/shop/Chart.yaml', 'apps/shop/values.yaml', 'apps/shop/templates/api.yaml'],
  kustomize: ['apps/shop/kustomization.yaml', 'apps/shop/api.yaml'],
} as const;

describe.skipIf(noHttpBackend !== undefined)(`a set-up that init wrote${skipNote}`, () => {
  it.each(['helm', 'kustomize'] as const)('with %s is delivered until Argo CD has it healthy', async (layout) => {
    const host = await gitHost();
    const registry = await startOwnRegistry();
    onTestFinished(() => registry.close());
    const pace = { compare: 5, sync: 5, rollout: 20, deadline: 50 };
    const argocd = await startArgoCd({ gitHost: host, pace });
    onTestFinished(() => argocd.close());
    const app = await appRepo(
      { 'services/api/Dockerfile': 'FROM scratch\nCOPY x /\n', 'services/api/x': 'x' },
      'https://github.com/acme/shop',
    );
    const configRepo = host.repoUrl('config');
    const done = await runInit(app, {
      ...{ registry: registry.host, configRepo, application: 'shop', argocd: argocd.url },
      ...{ with: ['config-repo'], layout, configDir: 'config-repo' },
    });
    expect(done.errors).toEqual([]);
    const read = (path: string) => readFile(join(app, 'config-repo', path), 'utf8');
    const files = Object.fromEntries(await Promise.all(written[layout].map(async (path) => [path, await read(path)])));
    const repo = await host.createRepo('config', { files });
    const { metadata, spec } = parse(await read('argocd/shop.yaml'));
    expect(spec.source.repoURL).toBe(repo);
    argocd.add({ name: metadata.name, sources: [spec.source] });
    await git(app, 'add', '--all');
    await git(
      app,
      '-c',
      'user.name=Ada',
      '-c',
      'user.email=ada@example.com',
      'commit',
      '--quiet',
      '--message',
      'Open the shop',
    );
    const ended = await here(ship(common, {}), {
      ...{ cwd: app, env: { ARGOCD_AUTH_TOKEN: 'planted-token' }, world: () => ({ clock: fastClock(20) }) },
    });
    expect(ended.errors).toEqual([]);
    expect(ended.verdicts).toMatchObject([{ is: 'healthy' }]);
    expect(ended.commits).toMatchObject([{ is: 'landed' }]);
  });
});
