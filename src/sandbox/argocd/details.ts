import { parse } from 'yaml';
import { runsPods } from './render.ts';
import type { ArgoCdApp, LiveResource } from './types.ts';

/** What Argo CD tells about an application besides its state, as the body of an answer; undefined for what it doesn't. */
export function detailsOf(app: ArgoCdApp, part: string, query: URLSearchParams): string | undefined {
  switch (part) {
    case 'resource-tree':
      return JSON.stringify({ nodes: app.live.flatMap(nodesOf) });
    case 'events':
      return JSON.stringify({
        items: app.live.flatMap((resource) => eventsOf(resource, query.get('resourceName') ?? '')),
      });
    case 'resource':
      return JSON.stringify({ manifest: JSON.stringify(manifestOf(app, query)) });
    case 'logs':
      return logsOf(app, query.get('podName') ?? '');
    case 'syncwindows':
      return JSON.stringify(
        app.mishaps.window === true
          ? { assignedWindows: [{ kind: 'deny', schedule: '* * * * *', duration: '24h' }] }
          : { canSync: true },
      );
    default:
      return undefined;
  }
}

/** The name of a workload's pod. */
export const podOf = ({ manifest }: LiveResource) => `${manifest.name}-6d4cf56db6-x2x4z`;

function nodesOf(resource: LiveResource): unknown[] {
  const { manifest, health, message, waiting } = resource;
  const { group, version, kind, name, images } = manifest;
  const uid = `uid-${kind}-${name}`;
  const place = { namespace: 'default' };
  const own = {
    ...place,
    uid,
    group,
    version,
    kind,
    name,
    createdAt: '2026-01-01T00:00:00Z',
    health: { status: health, message },
  };
  if (!runsPods(manifest)) return [own];
  const set = {
    ...place,
    uid: `${uid}-rs`,
    group: 'apps',
    version: 'v1',
    kind: 'ReplicaSet',
    name: `${name}-6d4cf56db6`,
    parentRefs: [{ ...place, uid, kind, name }],
  };
  const ill =
    waiting ??
    (health === 'Degraded'
      ? { status: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container' }
      : undefined);
  const pod = {
    ...{
      ...place,
      uid: `${uid}-pod`,
      version: 'v1',
      kind: 'Pod',
      name: podOf(resource),
      images,
      createdAt: resource.since,
    },
    parentRefs: [{ ...place, uid: `${uid}-rs`, kind: 'ReplicaSet', name: `${name}-6d4cf56db6` }],
    info: [
      { name: 'Status Reason', value: ill?.status ?? 'Running' },
      { name: 'Containers', value: ill === undefined ? '1/1' : '0/1' },
    ],
    health: { status: ill === undefined ? 'Healthy' : 'Degraded', message: ill?.message ?? '' },
  };
  return [own, set, pod];
}

function manifestOf(app: ArgoCdApp, query: URLSearchParams): unknown {
  const [kind, name = ''] = [query.get('kind'), query.get('resourceName') ?? undefined];
  const own = app.live.find(({ manifest }) => manifest.kind === kind && manifest.name === name);
  if (own === undefined) return podManifest(app, name);
  const manifest = parse(own.manifest.text) as { readonly metadata?: object; readonly spec?: object };
  if (kind !== 'Deployment') return manifest;
  const { metadata, spec } = manifest;
  const [at, wanted] = [
    { ...metadata, generation: 1 },
    { replicas: 1, ...spec },
  ];
  return { ...manifest, metadata: at, spec: wanted, status: deploymentStatus(own, wanted.replicas) };
}

/** How a deployment's rollout goes, as its controller tells. */
function deploymentStatus({ health, since }: LiveResource, replicas: number): object {
  const reason = health === 'Progressing' ? 'ReplicaSetUpdated' : 'NewReplicaSetAvailable';
  const available = health === 'Healthy' ? { availableReplicas: replicas } : {};
  return {
    ...{ observedGeneration: 1, replicas, updatedReplicas: replicas, ...available },
    conditions: [{ type: 'Progressing', status: 'True', reason, lastUpdateTime: since }],
  };
}

/** A pod as the kubelet reports it. */
export function podManifest(app: ArgoCdApp, name: string): unknown {
  const resource = app.live.find((one) => podOf(one) === name);
  const container = { name: 'front', ready: false, restartCount: 0 };
  const waits = (reason: string, message: string) => ({ waiting: { reason, message } });
  const status =
    resource?.waiting !== undefined
      ? { ...container, state: waits(resource.waiting.status, resource.waiting.message) }
      : resource?.health === 'Degraded'
        ? {
            ...container,
            restartCount: 3,
            state: waits('CrashLoopBackOff', 'back-off 40s restarting failed container'),
            lastState: { terminated: { exitCode: 1, reason: 'Error' } },
          }
        : { ...container, ready: true, state: { running: {} } };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, status: { containerStatuses: [status] } };
}

/** What was last said about a pod, core/v1 Events. */
export function eventsOf(resource: LiveResource, name: string): unknown[] {
  if (name !== podOf(resource) || resource.waiting === undefined) return [];
  const { status, message } = resource.waiting;
  const event = (reason: string, text: string) => ({
    type: 'Warning',
    reason,
    message: text,
    count: 2,
    lastTimestamp: '2026-01-01T00:00:05Z',
    involvedObject: { kind: 'Pod', name },
  });
  return [
    event('Failed', message.replace(/^.*ErrImagePull: /, '')),
    event('BackOff', `${status}: ${message.split(':')[0]}`),
  ];
}

function logsOf(app: ArgoCdApp, pod: string): string {
  const line = (content: string) =>
    `${JSON.stringify({ result: { content, timeStamp: null, last: false, timeStampStr: '', podName: pod } })}\n`;
  return logOf(app, pod).map(line).join('');
}

/** What a pod's container wrote. */
export function logOf(app: ArgoCdApp, pod: string): string[] {
  const resource = app.live.find((one) => podOf(one) === pod);
  // A container that never started has written nothing.
  if (resource === undefined || resource.waiting !== undefined) return [];
  return app.mishaps.degraded === undefined ? ['listening on 8080'] : ['starting', 'panic: no configuration'];
}
