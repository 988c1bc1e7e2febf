import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hasProgram } from './docker-registry.ts';

const kustomize = 'sigs.k8s.io/kustomize/kustomize/v5@v5.7.1';
const root = join(import.meta.dirname, '../..');
const cluster = join(root, 'cluster');
const helm = /helm\.sh\/helm\/v3 (v\S+)/.exec(readFileSync(join(cluster, 'go.mod'), 'utf8'))?.[1] ?? '';
const folder = join(root, '.cache', 'manifests', `helm-${helm}-kustomize-${kustomize.split('@')[1]}`);

/** Why helm and kustomize can't be built here, or undefined. */
export const noManifestPrograms: string | undefined = why();

function why(): string | undefined {
  if (existsSync(folder)) return undefined;
  if (!hasProgram('go')) return 'Go is missing, with which Helm and kustomize are built';
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' })) ?? [];
  return Number(major) * 1_000 + Number(minor) >= 1_024 ? undefined : 'Go is older than 1.24';
}

/** The folder of real helm (as the cluster pins it) and kustomize. Builds them unless they are there: a minute or two, once. */
export function manifestPrograms(): string {
  if (existsSync(folder)) return folder;
  mkdirSync(join(folder, '..'), { recursive: true });
  const half = mkdtempSync(join(folder, '..', 'half-'));
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false', GOBIN: half };
  const go = (cwd: string, ...args: string[]): void => {
    const [verb = '', ...rest] = args;
    const done = spawnSync('go', [verb, '-trimpath', '-ldflags=-s -w', ...rest], { cwd, env, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`go ${verb} ended with ${done.status}:\n${done.stderr.slice(-2_000)}`);
  };
  try {
    go(cluster, 'build', '-o', `${half}/`, 'helm.sh/helm/v3/cmd/helm');
    go(half, 'install', kustomize);
    try {
      renameSync(half, folder);
    } catch (error) {
      // Another run was faster.
      if (!existsSync(folder)) throw error;
    }
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
  return folder;
}
