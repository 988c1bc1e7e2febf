import { WireFailure, wrongAnswer } from '../failure.ts';
import { at, jsonIn, listAt, numberAt, textAt, textFields, textsAt } from '../fields.ts';
import { urlPath } from '../text/url-path.ts';
import { readApplication } from './application.ts';
import { createTransport, type Transport, type TransportOptions } from './transport.ts';
import type { Application, ApplicationEvent, AppRef, ArgoCd, LogQuery, ResourceEvent, TreeNode } from './types.ts';

// What a verdict needs of each application where there are many: their resources and manifests weigh most.
const streamed = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'metadata.resourceVersion',
  'metadata.annotations',
  'metadata.labels',
  'metadata.ownerReferences',
  'metadata.deletionTimestamp',
  'spec',
  'operation',
  'status.sync',
  'status.health',
  'status.operationState',
  'status.reconciledAt',
  'status.conditions',
  'status.summary',
  'status.sourceType',
  'status.sourceTypes',
  'status.sourceHydrator',
];
// All that a list can be asked for, of what tells which applications there are and what they follow (forwarder_overwrite.go).
const listed = ['metadata.name', 'metadata.namespace', 'metadata.annotations', 'metadata.labels', 'spec'];
/** One application with everything; the largest seen have some megabytes. */
const largestApplication = 16 * 1024 * 1024;

/** Argo CD's REST API (its gRPC gateway, server/application/application.proto). */
export function createArgoCd(options: TransportOptions): ArgoCd {
  const transport = createTransport(options);
  const application = async (app: AppRef, refresh?: 'normal' | 'hard'): Promise<Application> => {
    const path = pathOf(app);
    // A refresh is answered when it is done, which takes as long as rendering takes.
    const idleMs = refresh === undefined ? 30_000 : 180_000;
    const query = { ...placeOf(app), refresh };
    const value = await transport.send({ path, query, limit: largestApplication, idleMs });
    return applicationIn(value, transport, path);
  };
  return {
    url: options.url,
    application,
    applications: async (projects) => {
      const query = {
        projects,
        fields: ['metadata.resourceVersion', ...listed.map((field) => `items.${field}`)].join(','),
      };
      const value = await transport.send({ path: '/api/v1/applications', query });
      return listAt(value, 'items').flatMap((item) => readApplication(item) ?? []);
    },
    stream: (apps, tell, signal) => stream(transport, apps, tell, signal),
    applicationSet: (name, namespace) =>
      transport.send({
        path: `/api/v1/applicationsets/${encodeURIComponent(name)}`,
        query: { appsetNamespace: namespace },
      }),
    sync: async (app, revision) => {
      // What is undefined is left out of JSON.
      const body = { name: app.name, appNamespace: app.namespace, project: app.project, revision };
      await transport.send({ method: 'POST', path: `${pathOf(app)}/sync`, body });
    },
    tree: async (app) => {
      const value = await transport.send({ path: `${pathOf(app)}/resource-tree`, query: placeOf(app) });
      return listAt(value, 'nodes').map(nodeOf);
    },
    events: async (app, { uid, namespace, name }) => {
      const query = { ...placeOf(app), resourceUID: uid, resourceNamespace: namespace, resourceName: name };
      return listAt(await transport.send({ path: `${pathOf(app)}/events`, query }), 'items').map(eventOf);
    },
    resource: async (app, { group, version, kind, namespace, name: resourceName }, tries) => {
      const query = { ...placeOf(app), group, version, kind, namespace, resourceName };
      const path = `${pathOf(app)}/resource`;
      return manifestIn(textOf(await transport.send({ path, query, tries })), transport.url + path);
    },
    logs: (app, pod) => logs(transport, app, pod),
    blocked: async (app) => {
      const value = await transport.send({ path: `${pathOf(app)}/syncwindows`, query: placeOf(app) });
      // `canSync` is left out when false.
      return listAt(value, 'assignedWindows').length > 0 && at(value, 'canSync') !== true;
    },
    may: async (action, object) => {
      const path = `/api/v1/account/can-i/applications/${action}/${urlPath(object)}`;
      return textAt(await transport.send({ path }), 'value') === 'yes';
    },
  };
}

async function stream(
  transport: Transport,
  apps: readonly AppRef[],
  tell: (event: ApplicationEvent) => void,
  signal: AbortSignal,
): Promise<never> {
  const [first, ...others] = apps;
  const one = others.length === 0 ? first : undefined;
  const projects = [...new Set(apps.map(({ project }) => project))];
  const query =
    one === undefined
      ? {
          // All projects where one of them isn't known.
          projects: projects.includes(undefined) ? undefined : projects.map((project) => project ?? ''),
          fields: ['result.type', ...streamed.map((field) => `result.application.${field}`)].join(','),
        }
      : { name: one.name, appNamespace: one.namespace, projects: one.project };
  const path = '/api/v1/stream/applications';
  await transport.stream({ path, query, signal, limit: largestApplication }, (value) => {
    const type = textAt(value, 'result', 'type');
    const application = readApplication(at(value, 'result', 'application'));
    if (application === undefined || (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED')) return;
    tell({ type, application });
  });
  throw new WireFailure('cut', transport.url + path, { message: `${transport.url}${path} ended` });
}

/** The log as one stream of `{"result": {"content"}}`, ended by the server when it has told all. */
async function logs(transport: Transport, app: AppRef, pod: LogQuery): Promise<string[]> {
  const query = {
    ...placeOf(app),
    namespace: pod.namespace,
    podName: pod.pod,
    container: pod.container,
    tailLines: String(pod.lines),
    follow: 'false',
    previous: pod.previous ? 'true' : undefined,
  };
  const lines: string[] = [];
  await transport.stream({ path: `${pathOf(app)}/logs`, query, limit: 1024 * 1024 }, (value) => {
    const content = textAt(value, 'result', 'content');
    if (content !== '' && lines.length < pod.lines) lines.push(content);
  });
  return lines;
}

function pathOf({ name }: AppRef): string {
  return `/api/v1/applications/${encodeURIComponent(name)}`;
}

function placeOf({ namespace, project }: AppRef): Record<string, string | undefined> {
  return { appNamespace: namespace, project };
}

function applicationIn(value: unknown, transport: Transport, path: string): Application {
  const application = readApplication(value);
  if (application !== undefined) return application;
  const url = transport.url + path;
  throw wrongAnswer(url, 'answered without an application');
}

function textOf(value: unknown): string {
  const manifest = at(value, 'manifest');
  return typeof manifest === 'string' ? manifest : '';
}

function manifestIn(text: string, url: string): unknown {
  const manifest = jsonIn(text);
  if (manifest !== undefined) return manifest;
  throw wrongAnswer(url, 'answered without a resource');
}

function nodeOf(value: unknown): TreeNode {
  const info = listAt(value, 'info').map((one) => [textAt(one, 'name'), textAt(one, 'value')] as const);
  return {
    uid: textAt(value, 'uid'),
    parents: listAt(value, 'parentRefs').map((parent) => textAt(parent, 'uid')),
    ...textFields(value, 'group', 'version', 'kind', 'namespace', 'name', 'createdAt'),
    health: textAt(value, 'health', 'status'),
    message: textAt(value, 'health', 'message'),
    images: textsAt(value, 'images'),
    info: Object.fromEntries(info),
  };
}

/** A Kubernetes Event, core/v1. */
export function eventOf(value: unknown): ResourceEvent {
  return {
    ...textFields(value, 'type', 'reason', 'message'),
    count: numberAt(value, 'count'),
    at: textAt(value, 'lastTimestamp') || textAt(value, 'eventTime') || textAt(value, 'metadata', 'creationTimestamp'),
  };
}
