import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificates } from './certificates.ts';
import { type Kube, type KubeAccess, kubeAt } from './kube.ts';
import { kwokConfig } from './kwok.ts';
import { freePorts, type Processes } from './processes.ts';
import type { Programs } from './programs.ts';

/** A Kubernetes without kubelets: the real control plane, and KWOK in place of nodes. */
export interface Kubernetes extends KubeAccess {
  readonly kube: Kube;
  /** Rights over everything. */
  readonly kubeconfig: string;
}

interface Started {
  readonly dir: string;
  readonly programs: Programs;
  readonly certificates: Certificates;
  readonly processes: Processes;
}

/** Starts etcd, the API server, the controllers, the scheduler and KWOK, and waits until a node is ready. */
export async function startKubernetes({ dir, programs, certificates, processes }: Started): Promise<Kubernetes> {
  const [etcd = 0, etcdPeer = 0, api = 0, controllers = 0, scheduler = 0, kwok = 0] = await freePorts(6);
  const token = `cluster-admin-${crypto.randomUUID()}`;
  const file = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text, { mode: 0o600 });
    return join(dir, name);
  };
  const tokens = file('tokens.csv', `${token},admin,admin,system:masters\n`);
  const url = `https://127.0.0.1:${api}`;
  const access = { url, caFile: certificates.ca, token };
  const kubeconfig = file('kubeconfig', kubeconfigOf(access));
  const kube = kubeAt(access);
  const answers = async (path: string): Promise<boolean> => (await kube.call('GET', path)).status === 200;

  const etcdUrl = `http://127.0.0.1:${etcd}`;
  const etcdPeerUrl = `http://127.0.0.1:${etcdPeer}`;
  await processes.start({
    name: 'etcd',
    program: programs.etcd,
    args: [
      ...['--data-dir', join(dir, 'etcd'), '--unsafe-no-fsync'],
      ...['--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl],
      ...['--listen-peer-urls', etcdPeerUrl, '--initial-advertise-peer-urls', etcdPeerUrl],
      ...['--initial-cluster', `default=${etcdPeerUrl}`],
    ],
    ready: async () => (await fetch(`${etcdUrl}/health`)).ok,
  });
  await processes.start({
    name: 'kube-apiserver',
    program: programs.apiserver,
    args: [
      ...[`--etcd-servers=${etcdUrl}`, '--bind-address=127.0.0.1', `--secure-port=${api}`],
      ...[`--tls-cert-file=${certificates.cert}`, `--tls-private-key-file=${certificates.key}`],
      ...[`--token-auth-file=${tokens}`, '--authorization-mode=RBAC', '--anonymous-auth=false'],
      ...[`--service-account-key-file=${certificates.serviceAccountKey}`],
      ...[`--service-account-signing-key-file=${certificates.serviceAccountKey}`, `--service-account-issuer=${url}`],
      ...['--service-cluster-ip-range=10.0.0.0/24', '--advertise-address=127.0.0.1'],
      // Its own address is loopback, which no Endpoints object may hold.
      '--endpoint-reconciler-type=none',
      ...[`--kubelet-certificate-authority=${certificates.ca}`, '--kubelet-preferred-address-types=InternalIP'],
    ],
    ready: () => answers('/readyz'),
  });
  const asAdmin = [`--kubeconfig=${kubeconfig}`, `--authentication-kubeconfig=${kubeconfig}`];
  await Promise.all([
    processes.start({
      name: 'kube-controller-manager',
      program: programs.controllerManager,
      args: [
        ...[...asAdmin, `--authorization-kubeconfig=${kubeconfig}`],
        ...['--bind-address=127.0.0.1', `--secure-port=${controllers}`, '--leader-elect=false'],
        ...[`--service-account-private-key-file=${certificates.serviceAccountKey}`],
        `--root-ca-file=${certificates.ca}`,
        // On a busy machine a heartbeat may come late, and pods of a node that is thought dead are not ready.
        '--node-monitor-grace-period=24h',
      ],
      ready: async () => (await kube.read('/api/v1/namespaces/default/serviceaccounts/default')) !== undefined,
    }),
    processes.start({
      name: 'kube-scheduler',
      program: programs.scheduler,
      args: [
        ...[...asAdmin, `--authorization-kubeconfig=${kubeconfig}`],
        ...['--bind-address=127.0.0.1', `--secure-port=${scheduler}`, '--leader-elect=false'],
      ],
      ready: async () => true,
    }),
    startKwok({ dir, programs, certificates, processes }, kubeconfig, kwok, kube),
  ]);
  return { ...access, kube, kubeconfig };
}

/** What a container that crashes left in its log. */
export const crashLog = 'listening on 8080\nfatal: DATABASE_URL is not set\n';

async function startKwok(
  { dir, programs, certificates, processes }: Started,
  kubeconfig: string,
  port: number,
  kube: Kube,
): Promise<void> {
  mkdirSync(join(dir, 'kwok'));
  // The kubelet's own log format, which KWOK reads as a kubelet would.
  const lines = crashLog.trimEnd().split('\n');
  const log = join(dir, 'kwok', 'crash.log');
  writeFileSync(log, lines.map((line, at) => `2026-01-01T00:00:0${at}.000000000Z stdout F ${line}\n`).join(''));
  const config = join(dir, 'kwok', 'kwok.yaml');
  writeFileSync(config, kwokConfig(log));
  await kube.apply({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1', labels: { 'kubernetes.io/hostname': 'node-1', 'kubernetes.io/os': 'linux' } },
  });
  await processes.start({
    name: 'kwok',
    program: programs.kwok,
    args: [
      ...[`--kubeconfig=${kubeconfig}`, `--config=${config}`, '--manage-all-nodes=true'],
      ...['--node-ip=127.0.0.1', `--node-port=${port}`, `--server-address=127.0.0.1:${port}`],
      ...[`--tls-cert-file=${certificates.cert}`, `--tls-private-key-file=${certificates.key}`],
    ],
    env: { ...process.env, HOME: dir },
    ready: async () => {
      const node = await kube.read('/api/v1/nodes/node-1');
      const { conditions = [] } = (node?.status ?? {}) as { conditions?: { type: string; status: string }[] };
      return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
    },
  });
}

/** A kubeconfig for one user with a token; JSON is YAML. */
export function kubeconfigOf({ url, caFile, token }: KubeAccess): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster: { server: url, 'certificate-authority': caFile } }],
    users: [{ name: 'user', user: { token } }],
    contexts: [{ name: 'context', context: { cluster: 'cluster', user: 'user', namespace: 'argocd' } }],
    'current-context': 'context',
  });
}
