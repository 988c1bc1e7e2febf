import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ship } from '../../../src/entry/commands/ship.ts';
import type { CommonOptions } from '../../../src/entry/run/options.ts';
import { startArgoCd } from '../../../src/sandbox/argocd/argocd-host.ts';
import { git, gitHost, noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';
import { startOwnRegistry } from '../../support/registries.ts';
import { fastClock } from '../../support/world.ts';

const example = resolve(import.meta.dirname, '../../../examples/twelve-services');
const twelve = 'account cart catalog checkout inventory mail orders payment pricing search shipping web'.split(' ');

/** A service as the config repo has it: a chart of its own for the environment. */
const chart = (service: string, registry: string): Record<string, string> => ({
  [`dev/${service}/Chart.yaml`]: `apiVersion: v2\nname: ${service}\nversion: 0.1.0\n`,
  [`dev/${service}/values.yaml`]: `image:\n  name: ${registry}/acme/shop/${service}\n  tag: none-yet\n`,
  [`dev/${service}/templates/app.yaml`]: `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${service} }
spec:
  template:
    spec:
      containers: [{ name: app, image: "{{ .Values.image.name }}:{{ .Values.image.tag }}" }]
`,
});

/** The example on this machine: its registry, its config repo and its Argo CD are servers on loopback. */
async function shop() {
  const host = await gitHost();
  const registry = await startOwnRegistry();
  const pace = { compare: 5, sync: 5, rollout: 20, deadline: 50 };
  const argocd = await startArgoCd({ gitHost: host, pace });
  onTestFinished(async () => {
    await registry.close();
    await argocd.close();
  });
  const files = Object.assign({}, ...twelve.map((name) => chart(name, registry.host)));
  const repo = await host.createRepo('config', { files });
  const follow = (service: string) =>
    argocd.add({ name: `${service}-dev`, sources: [{ repoURL: repo, path: `dev/${service}` }] });
  for (const service of twelve) follow(service);
  const app = await tempDir();
  await cp(example, app, { recursive: true });
  const text = (await readFile(join(app, 'tagboat.yaml'), 'utf8'))
    .replace('ghcr.io/acme', `${registry.host}/acme`)
    .replace('https://argocd.example.com', `${argocd.url}, settle: 100ms`)
    .replace('repo: acme/config', `repo: ${repo}`);
  await writeFile(join(app, 'tagboat.yaml'), text);
  await git(app, 'init', '--quiet', '--initial-branch=main');
  const commit = async (message: string) => {
    await git(app, 'add', '--all');
    await git(app, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.test', 'commit', '--quiet', '-m', message);
  };
  await commit('Open the shop');
  const run = (options: Partial<CommonOptions> = {}) =>
    here(ship({ json: true, quiet: false, color: false, jobs: 4, ...options }, {}), {
      ...{ cwd: app, env: { ARGOCD_AUTH_TOKEN: 'planted-token' }, world: () => ({ clock: fastClock(20) }) },
    });
  return { app, host, registry, follow, commit, run };
}

describe('the example of twelve services', () => {
  it('has three environments in at most 25 lines, comments and blank ones apart', async () => {
    const text = await readFile(join(example, 'tagboat.yaml'), 'utf8');
    const lines = text.split('\n').filter((line) => !/^\s*(?:#|$)/.test(line));
    expect(lines.length).toBeLessThanOrEqual(25);
  });

  describe.skipIf(noHttpBackend !== undefined)(`is delivered${skipNote}`, () => {
    it('until all are healthy; one alone by its name; and with one more folder, one more service', async () => {
      const { app, host, registry, follow, commit, run } = await shop();
      const first = await run();
      expect(first.errors).toEqual([]);
      expect(first.commits).toMatchObject([{ is: 'landed' }]);
      expect(first.verdicts.map(({ is, application }) => [is, application])).toEqual(
        twelve.map((name) => ['healthy', `${name}-dev`]),
      );
      expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n');

      // Two change, one is asked for.
      for (const name of ['cart', 'web']) await writeFile(join(app, `services/${name}/about.txt`), 'changed\n');
      await commit('Change two');
      const one = await run({ delivery: ['dev'], image: ['cart'] });
      expect(one.errors).toEqual([]);
      expect(one.commits).toMatchObject([{ is: 'landed', changes: [{ file: 'dev/cart/values.yaml' }] }]);
      expect(one.verdicts).toMatchObject([{ is: 'healthy', application: 'cart-dev' }]);

      await mkdir(join(app, 'services/gift'));
      await writeFile(join(app, 'services/gift/Dockerfile'), 'FROM scratch\nCOPY about.txt /\n');
      await writeFile(join(app, 'services/gift/about.txt'), 'The gift service.\n');
      await commit('Sell gifts');
      await host.commit('config', { files: chart('gift', registry.host) });
      follow('gift');
      const more = await run();
      expect(more.errors).toEqual([]);
      expect(more.commits).toMatchObject([
        { is: 'landed', changes: [{ file: 'dev/gift/values.yaml' }, { file: 'dev/web/values.yaml' }] },
      ]);
      expect(more.verdicts).toHaveLength(13);
    });
  });
});
