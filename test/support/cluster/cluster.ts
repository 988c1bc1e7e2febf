import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitHost } from '../../../src/sandbox/git-host/git-host.ts';
import { gitEnv } from '../git-host.ts';
import { type Argocd, startArgocd } from './argocd-processes.ts';
import { makeCertificates } from './certificates.ts';
import { startKubernetes } from './kubernetes.ts';
import { createProcesses } from './processes.ts';
import { programsIn } from './programs.ts';

/** All that a test must know of the cluster. Plain data: tests run in other processes than the one that started it. */
export interface ClusterAccess {
  readonly kubernetes: { readonly url: string; readonly caFile: string; readonly token: string };
  readonly kubeconfig: string;
  readonly argocd: Argocd;
  /** The git host that Argo CD reads from: its origin, and the folder of its bare repositories. */
  readonly git: { readonly url: string; readonly dir: string };
  /** Each program's output. */
  readonly logs: string;
  readonly programs: string;
}

export interface Cluster {
  readonly access: ClusterAccess;
  close(): Promise<void>;
}

/** Starts everything in a temp folder, on free ports of loopback. Leaves nothing when it fails half-way. */
export async function startCluster(folder: string, otherArgocd?: string): Promise<Cluster> {
  const dir = mkdtempSync(join(tmpdir(), 'tagboat-cluster-'));
  const logs = join(dir, 'logs');
  mkdirSync(logs);
  mkdirSync(join(dir, 'certificates'));
  const programs = programsIn(folder, otherArgocd);
  const processes = createProcesses(logs);
  const git = await startGitHost({ env: gitEnv, dir: join(dir, 'git') });
  const clear = (): void => {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    // Argo CD's commit server knows no other place for these.
    for (const name of ['commit-server-ask-pass.sock', '_commit-service']) {
      rmSync(join('/tmp', name), { recursive: true, force: true });
    }
  };
  // After the programs' end, which was registered before: an interrupted run comes past here alone.
  process.on('exit', clear);
  const close = async (): Promise<void> => {
    await processes.close();
    await git.close();
    clear();
    process.off('exit', clear);
  };
  try {
    const certificates = makeCertificates(join(dir, 'certificates'));
    const kubernetes = await startKubernetes({ dir, programs, certificates, processes });
    const argocd = await startArgocd({ dir, programs, processes, kubernetes });
    const { url, caFile, token, kubeconfig } = kubernetes;
    return {
      access: {
        kubernetes: { url, caFile, token },
        kubeconfig,
        argocd,
        git: { url: git.url, dir: git.dir },
        logs,
        programs: folder,
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
