import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ArgoCdHost, startArgoCd } from '../src/sandbox/argocd/argocd-host.ts';
import type { Manifest } from '../src/sandbox/argocd/render.ts';
import { startGitHost } from '../src/sandbox/git-host/git-host.ts';
import { bareEnv, peakMemory } from './process.ts';

/** Applications that follow one config repo, and the repo's newest commit, which none of them has seen. */
export interface Fleet {
  readonly argocd: ArgoCdHost;
  readonly repo: string;
  close(): Promise<void>;
}

/** Objects in each application, as many as a middling chart makes. */
const objects = 30;

/**
 * `count` applications on the sandbox's Argo CD. Their manifests come ready made: what is measured is who watches, and
 * rendering that many charts would be all that the machine does.
 */
export async function startFleet(dir: string, count: number): Promise<Fleet> {
  const gitHost = await startGitHost({ env: process.env, dir });
  const files = { 'main/values.yaml': 'front:\n  imageTag: a\n' };
  const repo = await gitHost.createRepo('fleet', { files });
  let revision = (await gitHost.git('fleet', 'rev-parse', 'main')).trim();
  const read = async () => ({ revision, manifests: manifests(revision) });
  const roll = async () => ({ fault: undefined });
  const argocd = await startArgoCd({ gitHost, backing: { read, roll } });
  const apps = Array.from({ length: count }, (_, at) =>
    argocd.add({ name: `app-${at}`, sources: [{ repoURL: repo, path: 'main', targetRevision: 'main' }] }),
  );
  await Promise.all(apps.map((app) => app.refresh()));
  revision = await gitHost.commit('fleet', { files: { 'main/values.yaml': 'front:\n  imageTag: b\n' } });
  return {
    argocd,
    repo,
    close: async () => {
      await argocd.close();
      await gitHost.close();
    },
  };
}

function manifests(revision: string): Manifest[] {
  return Array.from({ length: objects }, (_, at) => ({
    ...{
      group: at === 0 ? 'apps' : '',
      version: 'v1',
      kind: at === 0 ? 'Deployment' : 'ConfigMap',
      name: `part-${at}`,
    },
    ...{ images: at === 0 ? [`registry.test/app:${revision}`] : [], hook: undefined, text: `${at} ${revision}` },
  }));
}

/** Peak bytes of one `tagboat wait` for all of them, and the most streams it had open at once. */
export async function measureFleet(
  cli: string,
  temp: string,
  count: number,
): Promise<{ readonly bytes: number; readonly streams: number }> {
  const dir = join(temp, `fleet-${Math.random().toString(36).slice(2)}`);
  mkdirSync(dir);
  const fleet = await startFleet(dir, count);
  try {
    const argv = [process.execPath, cli, 'wait', '--quiet', '--repo', fleet.repo, '--server', fleet.argocd.url];
    const bytes = await peakMemory({ argv, cwd: temp, env: { ...bareEnv(temp), ARGOCD_AUTH_TOKEN: 'bench' } });
    return { bytes, streams: fleet.argocd.streams.most };
  } finally {
    await fleet.close();
  }
}
