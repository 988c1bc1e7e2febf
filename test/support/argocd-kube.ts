import { buffer } from 'node:stream/consumers';
import type { ArgoCdCall } from '../../src/sandbox/argocd/argocd-host.ts';
import { eventsOf, logOf, podManifest, podOf } from '../../src/sandbox/argocd/details.ts';
import type { Rights } from '../../src/sandbox/argocd/gate.ts';
import type { ArgoCdApp } from '../../src/sandbox/argocd/types.ts';

/** The cluster's own API behind the port of Argo CD's, as far as it is about applications and their pods. */
export async function kubeBeside(call: ArgoCdCall, rights: Rights | undefined): Promise<boolean> {
  const { request, incoming, outgoing, apps, streams } = call;
  if (!/^\/(?:apis|api\/v1\/namespaces)\//.test(request.path)) return false;
  const kube = answerKube({ ...request, body: await buffer(incoming), rights, apps });
  if (kube.is === 'answer') {
    outgoing.writeHead(kube.status, { 'content-type': 'application/json' }).end(kube.body);
    return true;
  }
  const watch = (type: string, app: ArgoCdApp): void => {
    if (kube.name === undefined || kube.name === app.spec.name)
      outgoing.write(`${JSON.stringify({ type, object: stored(app) })}\n`);
  };
  streams.follow(outgoing, 'application/json', watch, [...apps.values()]);
  return true;
}

interface KubeCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly rights: Rights | undefined;
  readonly apps: ReadonlyMap<string, ArgoCdApp>;
}

/** An answer, or the watch of one application or all that takes its place. */
type KubeAnswer =
  | { readonly is: 'answer'; readonly status: number; readonly body: string }
  | { readonly is: 'watch'; readonly name: string | undefined };

/** What the Kubernetes API answers: the Application resource, pods, events and logs. */
function answerKube({ method, path, query, body, rights, apps }: KubeCall): KubeAnswer {
  const all = [...apps.values()];
  if (rights === undefined) return refused(401, 'Unauthorized', 'Unauthorized');
  if (!rights.get) return refused(403, 'Forbidden', 'applications.argoproj.io is forbidden: User "demo" cannot get');
  const selected = /^(?:metadata|involvedObject)\.name=(.+)$/.exec(query.get('fieldSelector') ?? '')?.[1];
  const [, kind, name, part] = /\/(applications|pods|replicasets|events)(?:\/([^/]+)(?:\/(log))?)?$/.exec(path) ?? [];
  if (kind === 'applications' && name === undefined) {
    return query.get('watch') === 'true' ? { is: 'watch', name: selected } : list(all.map(stored));
  }
  if (kind === 'pods' && name === undefined) return list(all.flatMap(podsOf));
  if (kind === 'replicasets') return list(all.flatMap(setsOf));
  if (kind === 'events') return list(all.flatMap((app) => app.live.flatMap((one) => eventsOf(one, selected ?? ''))));
  const app =
    kind === 'applications' ? apps.get(name ?? '') : all.find(({ live }) => live.some((one) => podOf(one) === name));
  if (app === undefined || name === undefined)
    return refused(404, 'NotFound', `${kind ?? path} "${name ?? ''}" not found`);
  if (kind === 'pods') return part === undefined ? json(podManifest(app, name)) : text(logOf(app, name));
  if (method === 'PATCH') patch(app, JSON.parse(body.toString()) as Patch);
  return json(stored(app));
}

/** The Application as it is stored: what resources are worth stands in the tree alone, which the API adds. */
function stored(app: ArgoCdApp): Record<string, unknown> {
  const whole = app.json() as { status: { resources: readonly object[] } };
  const resources = whole.status.resources.map((one) => ({ ...one, health: undefined }));
  return { ...whole, status: { ...whole.status, resources, resourceHealthSource: 'appTree' } };
}

function json(value: unknown, status = 200): KubeAnswer {
  return { is: 'answer', status, body: JSON.stringify(value) };
}

function list(items: readonly unknown[]): KubeAnswer {
  return json({ items });
}

function text(lines: readonly string[]): KubeAnswer {
  return { is: 'answer', status: 200, body: lines.map((line) => `${line}\n`).join('') };
}

function refused(code: number, reason: string, message: string): KubeAnswer {
  return json({ kind: 'Status', status: 'Failure', message, reason, code }, code);
}

interface Patch {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
  readonly operation?: unknown;
}

/** As the controller takes up what was written: a refresh by its annotation, a sync by its operation. */
function patch(app: ArgoCdApp, { metadata, operation }: Patch): void {
  if (metadata?.annotations?.['argocd.argoproj.io/refresh'] !== undefined) void app.refresh();
  if (operation !== undefined) app.sync();
}

function podsOf(app: ArgoCdApp): unknown[] {
  return app.live
    .filter(({ manifest }) => manifest.images.length > 0)
    .map((resource) => {
      const { manifest, health } = resource;
      const pod = podManifest(app, podOf(resource)) as { status: object };
      const owner = { kind: 'ReplicaSet', name: `${manifest.name}-6d4cf56db6` };
      const ready = { type: 'Ready', status: health === 'Healthy' ? 'True' : 'False' };
      return {
        ...{ ...pod, status: { ...pod.status, phase: 'Running', conditions: [ready] } },
        ...{
          metadata: { name: podOf(resource), namespace: 'default', ownerReferences: [owner] },
          spec: { containers: [] },
        },
      };
    });
}

function setsOf(app: ArgoCdApp): unknown[] {
  return app.live
    .filter(({ manifest }) => manifest.images.length > 0)
    .map(({ manifest }) => ({
      metadata: {
        name: `${manifest.name}-6d4cf56db6`,
        namespace: 'default',
        ownerReferences: [{ kind: manifest.kind, name: manifest.name }],
      },
    }));
}
