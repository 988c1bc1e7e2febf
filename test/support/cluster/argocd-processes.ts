import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Env } from '../../../src/wire/world.ts';
import { callArgocd } from './argocd-api.ts';
import { namespace, settings, teams, teamsProject } from './argocd-settings.ts';
import type { Kubernetes } from './kubernetes.ts';
import { freePorts, type Part, type Processes, patience, type Running } from './processes.ts';
import type { Programs } from './programs.ts';

/** What a test must know to start one more API server, or to speak to the one there is. */
export interface ArgocdParts {
  readonly argocd: string;
  readonly redis: number;
  readonly repoServer: number;
  readonly env: Readonly<Record<string, string>>;
}

export interface Argocd {
  /** The API server's origin, plain http. */
  readonly url: string;
  readonly parts: ArgocdParts;
  /** By account. `deployer` may read and sync applications, `reader` only read them, `stranger` nothing. */
  readonly tokens: Readonly<Record<'admin' | 'deployer' | 'reader' | 'stranger', string>>;
}

interface Started {
  readonly dir: string;
  readonly programs: Programs;
  readonly processes: Processes;
  readonly kubernetes: Kubernetes;
}

/** Starts Redis and Argo CD's repo server, application controller and API server on a cluster. */
export async function startArgocd({ dir, programs, processes, kubernetes }: Started): Promise<Argocd> {
  const { kube } = kubernetes;
  for (const name of ['application-crd', 'appproject-crd', 'applicationset-crd']) {
    const text = await readFile(join(programs.crds, `${name}.yaml`), 'utf8');
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crdName(text)}`;
    const query = '?fieldManager=tagboat-test&force=true';
    const { status, body } = await kube.call('PATCH', `${path}${query}`, text, 'application/apply-patch+yaml');
    if (status >= 300) throw new Error(`${name}: ${status} ${JSON.stringify(body)}`);
    await served(kubernetes, crdName(text));
  }
  for (const object of [...settings(), teamsProject]) await kube.apply(object);

  const [redis = 0, repoServer = 0, repoMetrics = 0, controllerMetrics = 0, api = 0] = await freePorts(5);
  const [commitServer = 0, commitMetrics = 0] = await freePorts(2);
  await processes.start({
    name: 'redis',
    program: programs.redis,
    args: ['--port', `${redis}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir],
    ready: async () => (await readFile(join(dir, 'logs', 'redis.log'), 'utf8')).includes('Ready to accept connections'),
  });
  const env = environment(dir, programs, kubernetes);
  const parts: ArgocdParts = { argocd: programs.argocd, redis, repoServer, env };
  await Promise.all([
    processes.start({
      name: 'argocd-repo-server',
      program: programs.argocd,
      args: [
        ...['--address', '127.0.0.1', '--port', `${repoServer}`, '--disable-tls'],
        ...['--metrics-address', '127.0.0.1', '--metrics-port', `${repoMetrics}`, '--redis', `127.0.0.1:${redis}`],
      ],
      env: { ...env, ARGOCD_BINARY_NAME: 'argocd-repo-server' },
      ready: async () => (await fetch(`http://127.0.0.1:${repoMetrics}/healthz`)).ok,
    }),
    processes.start({
      name: 'argocd-application-controller',
      program: programs.argocd,
      args: [
        ...[
          '--namespace',
          namespace,
          '--application-namespaces',
          teams,
          '--metrics-port',
          `${controllerMetrics}`,
          '--redis',
          `127.0.0.1:${redis}`,
        ],
        ...['--repo-server', `127.0.0.1:${repoServer}`, '--repo-server-plaintext'],
        ...['--hydrator-enabled', '--commit-server', `127.0.0.1:${commitServer}`],
      ],
      env: { ...env, ARGOCD_BINARY_NAME: 'argocd-application-controller' },
      ready: async () => (await fetch(`http://127.0.0.1:${controllerMetrics}/healthz`)).ok,
    }),
    processes.start({
      name: 'argocd-commit-server',
      program: programs.argocd,
      args: [
        ...['--address', '127.0.0.1', '--port', `${commitServer}`],
        ...['--metrics-address', '127.0.0.1', '--metrics-port', `${commitMetrics}`],
      ],
      env: { ...env, ARGOCD_BINARY_NAME: 'argocd-commit-server' },
      ready: async () => (await fetch(`http://127.0.0.1:${commitMetrics}/healthz`)).ok,
    }),
    startApiServer(processes, parts, 'argocd-server', api),
  ]);
  const url = `http://127.0.0.1:${api}`;
  const tokens = await logIn(url, kubernetes);
  await settled(url, kubernetes);
  return { url, parts, tokens };
}

/** Starts an API server. It keeps nothing of its own, so a test may have one to itself and end it at will. */
export async function startApiServer(
  processes: Processes,
  parts: ArgocdParts,
  name: string,
  port: number,
): Promise<Running> {
  const [metrics = 0] = await freePorts(1);
  const part: Part = {
    name,
    program: parts.argocd,
    args: [
      ...[
        '--namespace',
        namespace,
        '--application-namespaces',
        teams,
        '--address',
        '127.0.0.1',
        '--port',
        `${port}`,
        '--insecure',
      ],
      ...['--metrics-port', `${metrics}`, '--redis', `127.0.0.1:${parts.redis}`],
      ...['--repo-server', `127.0.0.1:${parts.repoServer}`, '--repo-server-plaintext'],
      // No Dex runs here; an address that is refused at once.
      ...['--hydrator-enabled', '--dex-server', 'http://127.0.0.1:1', '--staticassets', parts.env.HOME ?? ''],
    ],
    env: { ...parts.env, ARGOCD_BINARY_NAME: 'argocd-server' },
    ready: async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok,
  };
  return processes.start(part);
}

/** Starts the controller of ApplicationSets, which only the tests that have one need. */
export async function startApplicationSets(processes: Processes, parts: ArgocdParts): Promise<Running> {
  const [metrics = 0, probe = 0, webhook = 0] = await freePorts(3);
  return processes.start({
    name: 'argocd-applicationset-controller',
    program: parts.argocd,
    args: [
      ...['--namespace', namespace, '--enable-leader-election=false'],
      ...['--argocd-repo-server', `127.0.0.1:${parts.repoServer}`, '--repo-server-plaintext'],
      ...['--metrics-addr', `127.0.0.1:${metrics}`, '--probe-addr', `127.0.0.1:${probe}`],
      ...['--webhook-addr', `127.0.0.1:${webhook}`],
    ],
    env: { ...parts.env, ARGOCD_BINARY_NAME: 'argocd-applicationset-controller' },
    ready: async () => (await fetch(`http://127.0.0.1:${metrics}/metrics`)).ok,
  });
}

function environment(dir: string, programs: Programs, { kubeconfig }: Kubernetes): Readonly<Record<string, string>> {
  const home = join(dir, 'argocd');
  for (const folder of ['', 'tls', 'ssh', 'gpg', 'gpg/keys', 'gpg/source', 'plugins', 'tmp']) {
    mkdirSync(join(home, folder), { recursive: true, mode: 0o700 });
  }
  return {
    PATH: `${programs.folder}:${process.env.PATH}`,
    HOME: home,
    TMPDIR: join(home, 'tmp'),
    KUBECONFIG: kubeconfig,
    // `https://kubernetes.default.svc` is then the cluster of KUBECONFIG.
    ARGOCD_FAKE_IN_CLUSTER: 'true',
    ARGOCD_GPG_ENABLED: 'false',
    ARGOCD_GNUPGHOME: join(home, 'gpg', 'keys'),
    ARGOCD_GPG_DATA_PATH: join(home, 'gpg', 'source'),
    ARGOCD_TLS_DATA_PATH: join(home, 'tls'),
    ARGOCD_SSH_DATA_PATH: join(home, 'ssh'),
    ARGOCD_PLUGINSOCKFILEPATH: join(home, 'plugins'),
    ARGOCD_ASK_PASS_SOCK: join(home, 'ask-pass.sock'),
    ARGOCD_CONTROLLER_SHARD: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
  } satisfies Env;
}

/**
 * Waits until the API server has its settings. It starts with those that it makes, takes up what else stands in the
 * secret when that changes next, and begins anew then; an unsigned webhook is refused from then on.
 */
async function settled(url: string, { kube }: Kubernetes): Promise<void> {
  const headers = { 'content-type': 'application/json', 'x-github-event': 'ping' };
  const unsigned = { method: 'POST', headers, body: '{}' };
  const path = `/api/v1/namespaces/${namespace}/secrets/argocd-secret`;
  const deadline = Date.now() + patience;
  for (let tries = 0; Date.now() < deadline; tries += 1) {
    if ((await fetch(`${url}/api/webhook`, unsigned).catch(() => undefined))?.status === 400) return;
    const touched = { metadata: { annotations: { 'tagboat.test/touched': `${tries}` } } };
    if (tries % 20 === 19) await kube.call('PATCH', path, touched, 'application/merge-patch+json');
    await sleep(100);
  }
  throw new Error("argocd-server doesn't take up its webhook secret");
}

/** Waits until the API server knows the kind: a definition is taken up a while after it was accepted. */
async function served({ kube }: Kubernetes, crd: string): Promise<void> {
  const deadline = Date.now() + patience;
  const path = `/apis/argoproj.io/v1alpha1/${crd.split('.')[0]}`;
  while ((await kube.call('GET', path)).status !== 200) {
    if (Date.now() > deadline) throw new Error(`${crd} is not served`);
    await sleep(100);
  }
}

/** Makes the tokens. A new API server may begin anew once, when it sees the settings that it has made itself. */
async function logIn(url: string, { kube }: Kubernetes): Promise<Argocd['tokens']> {
  const deadline = Date.now() + patience;
  const call = async (token: string | undefined, path: string, body: unknown): Promise<string> => {
    for (;;) {
      try {
        return tokenIn((await callArgocd(url, token, 'POST', path, body)).body);
      } catch (error) {
        // `fetch` has this for a connection that can't be made or is lost, and nothing else here has.
        if (!(error instanceof TypeError) || Date.now() > deadline) throw error;
        await sleep(100);
      }
    }
  };
  const path = `/api/v1/namespaces/${namespace}/secrets/argocd-initial-admin-secret`;
  let secret = await kube.read(path);
  for (; secret === undefined; secret = await kube.read(path)) await sleep(100);
  const { password = '' } = secret.data as { password?: string };
  const login = { username: 'admin', password: Buffer.from(password, 'base64').toString() };
  const admin = await call(undefined, '/api/v1/session', login);
  const tokenOf = (account: string) => call(admin, `/api/v1/account/${account}/token`, { name: account });
  const [deployer, reader, stranger] = [await tokenOf('deployer'), await tokenOf('reader'), await tokenOf('stranger')];
  return { admin, deployer, reader, stranger };
}

function tokenIn(body: unknown): string {
  const { token } = body as { token?: string };
  if (token === undefined) throw new Error(`no token in ${JSON.stringify(body)}`);
  return token;
}

function crdName(text: string): string {
  const name = /^ {2}name: (\S+)$/m.exec(text)?.[1];
  if (name === undefined) throw new Error('a custom resource definition without a name');
  return name;
}
