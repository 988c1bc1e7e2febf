import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject, onTestFinished } from 'vitest';
import { commitFiles, createBareRepo, type RepoCommit } from '../../../src/sandbox/git-host/repo.ts';
import { gitEnv } from '../git-host.ts';
import { callArgocd } from './argocd-api.ts';
import { namespace } from './argocd-settings.ts';
import { type ChartOptions, chart, readyAfter, type Values, values } from './chart.ts';
import type { ClusterAccess } from './cluster.ts';
import { type Kube, type KubeObject, kubeAt, pathOf } from './kube.ts';

/** An Application as Argo CD shows it, as far as the tests look. */
export interface Application {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly operation?: unknown;
  readonly status?: {
    readonly sync?: { readonly status: string; readonly revision?: string; readonly revisions?: readonly string[] };
    readonly health?: { readonly status: string };
    readonly operationState?: { readonly phase: string; readonly message?: string; readonly finishedAt?: string };
    readonly conditions?: readonly { readonly type: string; readonly message: string }[];
    readonly reconciledAt?: string;
    readonly summary?: { readonly images?: readonly string[] };
  };
}

/** Healthy, and what its repo says is what is live. */
export function isHealthy({ status }: Application): boolean {
  return status?.health?.status === 'Healthy' && status.sync?.status === 'Synced';
}

/** One config repo with a chart, and the Application that follows it. */
export interface Shop {
  /** Name of the application and its namespace, and of the repo unless that has one of its own. */
  readonly name: string;
  readonly repo: string;
  readonly cluster: ClusterAccess;
  readonly kube: Kube;
  /** The Application object, to change or to delete. */
  readonly object: KubeObject;
  /** Commits behind everybody's back. Answers the commit's id. */
  commit(commit: RepoCommit): Promise<string>;
  /** Commits these values. */
  set(changed: Values): Promise<string>;
  /** What Argo CD's API says of the application. */
  application(refresh?: 'normal' | 'hard'): Promise<Application>;
  /** Looks, a tenth of a second apart, until the application is so. A look that fails counts as "not yet". */
  until(is: (application: Application) => boolean | Promise<boolean>): Promise<Application>;
  /** Tells pods that wait for it to become ready, until the application is healthy. */
  letReady(): Promise<Application>;
}

export interface ShopOptions extends ChartOptions {
  /** Whether Argo CD syncs by itself. Default true. */
  readonly automated?: boolean;
  /** How a failed sync is tried again; Argo CD's own default is five times over minutes. */
  readonly retry?: Readonly<Record<string, unknown>>;
  /** The repo's path on its host, without `.git`. Default: the shop's name. */
  readonly repo?: string;
  /** The application's namespace. Default: Argo CD's. */
  readonly namespace?: string;
  /** The application's spec, over what it is otherwise. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** The cluster that this run started. */
export function theCluster(): ClusterAccess {
  return inject('cluster');
}

/** Opens a shop of the test's own, whose application goes with the test. What it deployed costs nothing and stays. */
export async function openShop(name: string, options: ShopOptions = {}): Promise<Shop> {
  const shop = await makeShop(theCluster(), name, options);
  onTestFinished(() => forget(shop));
  return shop;
}

/** Opens a shop on a cluster. */
export async function makeShop(cluster: ClusterAccess, name: string, options: ShopOptions = {}): Promise<Shop> {
  const kube = kubeAt(cluster.kubernetes);
  const dir = join(cluster.git.dir, `${options.repo ?? name}.git`);
  const repo = `${cluster.git.url}/${options.repo ?? name}.git`;
  await createBareRepo(dir, { files: chart(options), message: `Open the ${name} shop\n` }, gitEnv);
  const object: KubeObject = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name,
      namespace: options.namespace ?? namespace,
      finalizers: ['resources-finalizer.argocd.argoproj.io'],
    },
    spec: {
      project: 'default',
      source: { repoURL: repo, path: 'main', targetRevision: 'main' },
      destination: { server: 'https://kubernetes.default.svc', namespace: name },
      syncPolicy: {
        ...((options.automated ?? true) ? { automated: {} } : {}),
        ...(options.retry === undefined ? {} : { retry: options.retry }),
        syncOptions: ['CreateNamespace=true'],
      },
      ...options.spec,
    },
  };
  await kube.apply(object);
  const commit = (made: RepoCommit): Promise<string> => commitFiles(dir, made, gitEnv);
  const application = async (refresh?: 'normal' | 'hard'): Promise<Application> => {
    const place = options.namespace === undefined ? '' : `appNamespace=${options.namespace}`;
    const path = `/api/v1/applications/${name}?${place}${refresh === undefined ? '' : `&refresh=${refresh}`}`;
    const { status, body } = await callArgocd(cluster.argocd.url, cluster.argocd.tokens.admin, 'GET', path);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    return body as Application;
  };
  const until: Shop['until'] = async (is) => {
    const deadline = Date.now() + 300_000;
    for (;;) {
      const late = Date.now() > deadline;
      try {
        const last = await application();
        if (await is(last)) return last;
        if (late) throw new Error(`${name} stays as it is: ${JSON.stringify(last.status)}`);
      } catch (error) {
        if (late) throw error;
      }
      await sleep(100);
    }
  };
  return {
    name,
    repo,
    cluster,
    kube,
    object,
    commit,
    set: (changed) => commit({ files: { 'main/values.yaml': values(changed) }, message: 'Change values\n' }),
    application,
    until,
    letReady: () =>
      until(async (application) => {
        if (isHealthy(application)) return true;
        await tellPods(kube, name);
        return false;
      }),
  };
}

/** Lets those that are there now and wait for it become ready. */
async function tellPods(kube: Kube, namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const { items = [] } = ((await kube.read(path)) ?? {}) as { items?: readonly Pick<KubeObject, 'metadata'>[] };
  for (const { metadata } of items) {
    if (metadata.annotations?.[readyAfter] !== 'told') continue;
    const changed = { metadata: { annotations: { [readyAfter]: '200ms' } } };
    await kube.call('PATCH', `${path}/${metadata.name}`, changed, 'application/merge-patch+json');
  }
}

async function forget({ kube, object }: Shop): Promise<void> {
  // With its finalizer, it would first wait for its sync and remove what it deployed.
  await kube.call('PATCH', pathOf(object), { metadata: { finalizers: null } }, 'application/merge-patch+json');
  await kube.remove(object);
}
