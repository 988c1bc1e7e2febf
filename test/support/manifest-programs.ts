import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache, installOnce, withoutGo } from './installed.ts';

const kustomize = 'sigs.k8s.io/kustomize/kustomize/v5@v5.7.1';
const cluster = join(import.meta.dirname, '../../cluster');
const helm = /helm\.sh\/helm\/v3 (v\S+)/.exec(readFileSync(join(cluster, 'go.mod'), 'utf8'))?.[1] ?? '';
const folder = join(cache, 'manifests', `helm-${helm}-kustomize-${kustomize.split('@')[1]}`);

/** Why helm and kustomize can't be built here, or undefined. */
export const noManifestPrograms: string | undefined = existsSync(folder)
  ? undefined
  : withoutGo('Helm and kustomize are', [1, 24]);

/** The folder of real helm (as the cluster pins it) and kustomize. Builds them unless they are there: a minute or two, once. */
export function manifestPrograms(): string {
  installOnce(folder, (half) => {
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false', GOBIN: half };
    const go = (cwd: string, ...args: string[]): void => {
      const [verb = '', ...rest] = args;
      const done = spawnSync('go', [verb, '-trimpath', '-ldflags=-s -w', ...rest], { cwd, env, encoding: 'utf8' });
      if (done.status !== 0) throw new Error(`go ${verb} ended with ${done.status}:\n${done.stderr.slice(-2_000)}`);
    };
    go(cluster, 'build', '-o', `${half}/`, 'helm.sh/helm/v3/cmd/helm');
    go(half, 'install', kustomize);
  });
  return folder;
}
