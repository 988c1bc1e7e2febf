// The programs of the cluster that `npm run test:cluster` starts: Debian's etcd and Redis, and what cluster/go.mod pins.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { argocdProgram, copyDefinitions } from './argocd-program.mjs';
import { cache, ensurePrograms, exclusively, isInstalled, root, say } from './setup.mjs';

const pinned = join(root, 'cluster');
const kept = join(cache, 'cluster');
const argocd = 'github.com/argoproj/argo-cd/v3';
const mains = [
  'k8s.io/kubernetes/cmd/kube-apiserver',
  'k8s.io/kubernetes/cmd/kube-controller-manager',
  'k8s.io/kubernetes/cmd/kube-scheduler',
  'sigs.k8s.io/kwok/cmd/kwok',
  'helm.sh/helm/v3/cmd/helm',
  `${argocd}/cmd`,
];

/**
 * Where the built programs lie, as the tests' environment says it, or what is missing. Builds them where they are not there:
 * minutes, once. `version`: an Argo CD, such as 3.2.11, in the place of the one that is pinned.
 */
export async function clusterPrograms(version = '') {
  const { folder, missing } = await pinnedPrograms();
  if (folder === undefined) return { missing };
  const env = { TAGBOAT_CLUSTER_PROGRAMS: folder };
  if (version === '') return { env };
  const argocd = await argocdProgram(version);
  if (argocd.folder === undefined) return { missing: `Argo CD ${version} (${argocd.missing})` };
  return { env: { ...env, TAGBOAT_CLUSTER_ARGOCD: argocd.folder } };
}

/** The folder of what cluster/go.mod pins. */
async function pinnedPrograms() {
  const missing = ensurePrograms([
    { program: 'etcd', package: 'etcd-server' },
    { program: 'redis-server', package: 'redis-server' },
    { program: 'openssl', package: 'openssl' },
  ]);
  if (missing.length > 0) return { missing: `${missing.join(', ')} (Debian: apt-get install ${missing.join(' ')})` };
  const folder = join(kept, pins());
  if (existsSync(folder)) return { folder };
  const why = noGo();
  if (why !== undefined) return { missing: why };
  return exclusively('cluster', () => (existsSync(folder) ? { folder } : build(folder)));
}

/** What is pinned and what is built of it, so that anything else is built anew. */
function pins() {
  const hash = createHash('sha256').update(mains.join('\n'));
  for (const name of ['go.mod', 'go.sum']) hash.update(readFileSync(join(pinned, name)));
  return hash.digest('hex').slice(0, 16);
}

function noGo() {
  const wanted = /^go (\d+)\.(\d+)/m.exec(readFileSync(join(pinned, 'go.mod'), 'utf8'));
  const least = `${wanted?.[1]}.${wanted?.[2]}`;
  if (!isInstalled('go')) return `Go ${least} or newer, with which Kubernetes and Argo CD are built (https://go.dev)`;
  const has = /go(\d+)\.(\d+)/.exec(execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }));
  const version = (match) => Number(match?.[1] ?? 0) * 1_000 + Number(match?.[2] ?? 0);
  return version(has) >= version(wanted) ? undefined : `Go ${least} or newer; this one is ${has?.[0]}`;
}

function build(folder) {
  say('Building Kubernetes, KWOK, Helm and Argo CD from their modules; once, and it takes minutes …');
  const began = Date.now();
  mkdirSync(kept, { recursive: true });
  const half = mkdtempSync(join(kept, 'half-'));
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false', GOTOOLCHAIN: 'local' };
  try {
    const built = spawnSync('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', `${half}/`, ...mains], {
      cwd: pinned,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (built.status !== 0) throw new Error(`go build ended with ${built.status ?? built.error?.message}`);
    renameSync(join(half, 'cmd'), join(half, 'argocd'));
    const module = execFileSync('go', ['list', '-m', '-f', '{{.Dir}}', argocd], { cwd: pinned, env, encoding: 'utf8' });
    copyDefinitions(module.trim(), half);
    // Other versions' programs are not needed any more, and each set weighs half a gigabyte.
    for (const old of readdirSync(kept)) {
      if (!half.endsWith(old)) rmSync(join(kept, old), { recursive: true, force: true });
    }
    renameSync(half, folder);
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
  say(`Built in ${Math.round((Date.now() - began) / 1_000)} s.`);
  return { folder };
}
