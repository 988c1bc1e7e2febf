import { readApplication } from '../argocd/application.ts';
import { eventOf } from '../argocd/client.ts';
import { createTransport, type Transport, type TransportOptions } from '../argocd/transport.ts';
import type { Application, ApplicationEvent, AppRef, ArgoCd, TreeNode } from '../argocd/types.ts';
import { WireFailure } from '../failure.ts';
import { at, listAt, textAt } from '../fields.ts';
import { podNode, resourceNode, setNode, withHealth } from './nodes.ts';

export interface KubernetesArgoCdOptions extends TransportOptions {
  /** Where Argo CD is installed, and applications live unless said otherwise. */
  readonly namespace: string;
}

const refreshed = 'argocd.argoproj.io/refresh';
/** Milliseconds between looks whether a refresh is done, and for how long. */
const lookMs = 500;
const patienceMs = 120_000;

/**
 * Argo CD without its API: the Application resource itself, by the Kubernetes API. What its API computes (the tree of
 * live resources) is put together from pods and replica sets of the namespaces that the application deploys to, where
 * that is this cluster.
 */
export function createKubernetesArgoCd(options: KubernetesArgoCdOptions): ArgoCd {
  const transport = createTransport(options);
  const { clock, signal } = options;
  const base = (namespace: string | undefined) =>
    `/apis/argoproj.io/v1alpha1/namespaces/${namespace ?? options.namespace}/applications`;
  const pathOf = ({ name, namespace }: AppRef) => `${base(namespace)}/${encodeURIComponent(name)}`;
  const merge = (app: AppRef, body: unknown) =>
    transport.send({ method: 'PATCH', path: pathOf(app), body, contentType: 'application/merge-patch+json' });

  const get = async (app: AppRef): Promise<Application> => {
    const path = pathOf(app);
    const application = readApplication(await transport.send({ path }));
    if (application !== undefined) return application;
    throw new WireFailure('malformed', options.url + path, {
      message: `${options.url}${path} answered without an application`,
    });
  };
  const refresh = async (app: AppRef, how: 'normal' | 'hard'): Promise<Application> => {
    await merge(app, { metadata: { annotations: { [refreshed]: how } } });
    const until = clock.now() + patienceMs;
    for (;;) {
      // The controller takes the annotation away when it has compared.
      const application = await get(app);
      if (!application.refreshing || clock.now() > until) return application;
      await clock.sleep(lookMs, signal);
    }
  };

  return {
    url: options.url,
    ownClusterOnly: true,
    application: (app, how) => (how === undefined ? get(app) : refresh(app, how)),
    applications: async (projects) => {
      const value = await transport.send({ path: base(undefined) });
      const all = listAt(value, 'items').flatMap((item) => readApplication(item) ?? []);
      return projects.length === 0 ? all : all.filter(({ project }) => projects.includes(project));
    },
    stream: (apps, tell, until) => stream(transport, base, apps, tell, until),
    applicationSet: (name, namespace) =>
      transport.send({
        path: `${base(namespace).replace(/applications$/, 'applicationsets')}/${encodeURIComponent(name)}`,
      }),
    sync: async (app, revision) => {
      // What is undefined is left out of JSON.
      await merge(app, { operation: { initiatedBy: { username: 'tagboat' }, sync: { revision } } });
    },
    tree: async (app) => treeOf(transport, await get(app)),
    events: async (_, { namespace, name }) => {
      const query = { fieldSelector: `involvedObject.name=${name}` };
      return listAt(await transport.send({ path: `/api/v1/namespaces/${namespace}/events`, query }), 'items').map(
        eventOf,
      );
    },
    resource: async (_, { group, version, kind, namespace, name }) => {
      const place = group === '' ? '/api/v1' : `/apis/${group}/${version || 'v1'}`;
      return transport.send({ path: `${place}/namespaces/${namespace}/${kind.toLowerCase()}s/${name}` });
    },
    logs: async (_, { namespace, pod, container, lines, previous }) => {
      const query = { container, tailLines: String(lines), previous: previous ? 'true' : undefined };
      const text = await transport.text({
        path: `/api/v1/namespaces/${namespace}/pods/${pod}/log`,
        query,
        limit: 1024 * 1024,
      });
      return text.split('\n').filter((line) => line !== '');
    },
    // Windows are the project's, in cron's words; whether one is open now, only Argo CD's API tells.
    blocked: async () => false,
  };
}

async function stream(
  transport: Transport,
  base: (namespace: string | undefined) => string,
  apps: readonly AppRef[],
  tell: (event: ApplicationEvent) => void,
  signal: AbortSignal,
): Promise<never> {
  const [first, ...others] = apps;
  const one = others.length === 0 ? first : undefined;
  const namespaces = new Set(apps.map(({ namespace }) => namespace));
  // Applications of several namespaces are watched in all of them, which takes a cluster-wide right.
  const path = namespaces.size === 1 ? base(first?.namespace) : '/apis/argoproj.io/v1alpha1/applications';
  const query = { watch: 'true', fieldSelector: one === undefined ? undefined : `metadata.name=${one.name}` };
  await transport.stream({ path, query, signal, accept: 'application/json', limit: 16 * 1024 * 1024 }, (value) => {
    const type = textAt(value, 'type');
    const application = readApplication(at(value, 'object'));
    if (application === undefined || (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED')) return;
    tell({ type, application });
  });
  throw new WireFailure('cut', transport.url + path, { message: `${transport.url}${path} ended` });
}

/** The application's resources, and below them the pods and replica sets of the same namespaces. */
async function treeOf(transport: Transport, { resources }: Application): Promise<TreeNode[]> {
  const namespaces = [...new Set(resources.map(({ namespace }) => namespace))].filter((one) => one !== '').slice(0, 10);
  const listed = await Promise.all(
    namespaces.map(async (namespace) => {
      const list = async (path: string) => listAt(await transport.send({ path }), 'items');
      const [pods, sets, deployments] = await Promise.all([
        list(`/api/v1/namespaces/${namespace}/pods`),
        list(`/apis/apps/v1/namespaces/${namespace}/replicasets`).catch(() => []),
        list(`/apis/apps/v1/namespaces/${namespace}/deployments`).catch(() => []),
      ]);
      return { nodes: [...sets.map(setNode), ...pods.map(podNode)], deployments };
    }),
  );
  const below = listed.flatMap(({ nodes }) => nodes);
  const live = listed.flatMap(({ deployments }) => deployments);
  return [...withHealth(resources.map(resourceNode), below, live), ...below];
}
