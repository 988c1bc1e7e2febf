import { describe, expect, it } from 'vitest';
import { isOver, isRolledOut } from '../../../src/deploy/reason/rolled-out.ts';
import { readApplication } from '../../../src/wire/argocd/application.ts';
import type { ArgoCd } from '../../../src/wire/argocd/types.ts';
import { testWorld } from '../../support/world.ts';

type Fields = Readonly<Record<string, unknown>>;

const probed = { name: 'front', readinessProbe: { httpGet: { path: '/', port: 80 } } };
const pods = (...containers: object[]) => ({ template: { spec: { containers } } });

/** A workload as the API server answers it, its rollout over. */
function live(kind: string, { metadata = {}, spec = {}, status = {} }: Record<string, Fields> = {}) {
  const two = { replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2 };
  const scheduled = {
    ...{ desiredNumberScheduled: 2, currentNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 },
  };
  const rolling = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } };
  const own = kind === 'Deployment' ? { replicas: 2 } : kind === 'StatefulSet' ? { replicas: 2, ...rolling } : rolling;
  return {
    ...{ apiVersion: 'apps/v1', kind, metadata: { name: 'front', generation: 3, ...metadata } },
    spec: { ...own, ...pods(probed), ...spec },
    status: { observedGeneration: 3, ...(kind === 'DaemonSet' ? scheduled : two), ...status },
  };
}

describe('the rollout of a live workload', () => {
  it.each(['Deployment', 'StatefulSet', 'DaemonSet'])('is over once its newest generation runs: %s', (kind) => {
    expect(isOver(live(kind))).toBe(true);
  });

  it.each<[string, unknown]>([
    ['its controller has not looked at the newest generation', live('Deployment', { metadata: { generation: 4 } })],
    ['it tells no generation', live('Deployment', { metadata: { generation: undefined } })],
    ['it has no status yet', { ...live('Deployment'), status: undefined }],
    ['a pod is of the generation before', live('Deployment', { status: { updatedReplicas: 1 } })],
    ['an old pod is still there', live('Deployment', { status: { replicas: 3 } })],
    ['a pod is not available', live('Deployment', { status: { availableReplicas: 1 } })],
    ['it is paused', live('Deployment', { spec: { paused: true } })],
    ['it is being deleted', live('Deployment', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })],
    ['it does not say how many pods it is to have', live('Deployment', { spec: { replicas: undefined } })],
    ['a stateful set’s pod is not ready', live('StatefulSet', { status: { readyReplicas: 1 } })],
    [
      'a partition leaves pods as they were',
      live('StatefulSet', { spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } } }),
    ],
    ['pods are replaced when they are deleted', live('DaemonSet', { spec: { updateStrategy: { type: 'OnDelete' } } })],
    ['a node has the pod of before', live('DaemonSet', { status: { updatedNumberScheduled: 1 } })],
    ['a node’s pod is not available', live('DaemonSet', { status: { numberAvailable: 1 } })],
    ['it is of a kind that nothing is known of', live('CloneSet', { spec: { replicas: 2 } })],
    ['nobody has asked its program', live('Deployment', { spec: pods({ name: 'front' }) })],
    ['nobody has asked one of its programs', live('Deployment', { spec: pods(probed, { name: 'side' }) })],
    [
      'nobody has asked a sidecar’s program',
      live('Deployment', {
        spec: {
          template: { spec: { containers: [probed], initContainers: [{ name: 'side', restartPolicy: 'Always' }] } },
        },
      }),
    ],
    ['it is no object', 'forbidden'],
  ])('may not be over where %s', (_, object) => {
    expect(isOver(object)).toBe(false);
  });

  it.each<[string, Fields]>([
    ['a startup probe', pods({ name: 'front', startupProbe: { exec: { command: ['true'] } } })],
    ['seconds for which a pod must be ready', { ...pods({ name: 'front' }), minReadySeconds: 5 }],
    ['a probe, after an init container that has ended', { template: { spec: { containers: [probed], initContainers: [{ name: 'first' }] } } }],
    ['no pods at all', { ...pods(probed), replicas: 0 }],
  ])('is told by %s', (_, spec) => {
    const none = spec.replicas === 0 ? { replicas: 0, updatedReplicas: undefined, availableReplicas: undefined } : {};
    expect(isOver(live('Deployment', { spec, status: none }))).toBe(true);
  }); // biome-ignore format: a table
});

describe('an application’s rollouts', () => {
  const listed = (group: string, kind: string, health = 'Healthy', name = 'front') => ({
    ...{ group, version: 'v1', kind, namespace: 'shop', name, status: 'Synced' },
    ...(health === '' ? {} : { health: { status: health } }),
  });
  const front = listed('apps', 'Deployment');

  /** What is asked about an application of these resources, whose workloads are as they are said to be. */
  async function asked(resources: readonly object[], more: Partial<ArgoCd> = {}, shown = resources) {
    const application = (all: readonly object[]) => {
      const read = readApplication({ metadata: { name: 'shop' }, status: { resources: all } });
      if (read === undefined) throw new Error('no application');
      return read;
    };
    const asks: string[] = [];
    const argocd = {
      application: async () => {
        asks.push('application');
        return application(resources);
      },
      resource: async (_: unknown, { kind, name }: { kind: string; name: string }) => {
        asks.push(`${kind} ${name}`);
        return live(kind);
      },
      ...more,
    } as unknown as ArgoCd;
    const is = await isRolledOut({ world: testWorld(), argocd, app: { name: 'shop' } }, application(shown));
    return { is, asks };
  }

  it('are over where each workload’s is, and the rest has none', async () => {
    const others = [
      ...['ConfigMap', 'Secret', 'ServiceAccount'].map((kind) => listed('', kind, '')),
      ...[listed('', 'Service'), listed('networking.k8s.io', 'Ingress'), listed('batch', 'Job')],
      ...[listed('autoscaling', 'HorizontalPodAutoscaler'), listed('monitoring.coreos.com', 'ServiceMonitor', '')],
    ];
    expect(await asked([...others, front, listed('apps', 'StatefulSet', 'Healthy', 'db')])).toEqual({
      is: true,
      asks: ['Deployment front', 'StatefulSet db'],
    });
  });

  it.each<[string, readonly object[]]>([
    ['an operator’s resource, whose health may be of before', [front, listed('db.test', 'Cluster')]],
    ['another group’s deployment', [front, listed('db.test', 'Deployment')]],
    ['a replica set of its own', [front, listed('apps', 'ReplicaSet')]],
    ['a pod of its own', [front, listed('', 'Pod')]],
    ['a workload that Argo CD calls otherwise', [listed('apps', 'Deployment', 'Progressing')]],
    ['a workload whose health is not told', [listed('apps', 'Deployment', '')]],
    ['more workloads than are asked about', Array.from({ length: 21 }, (_, at) => listed('apps', 'Deployment', 'Healthy', `${at}`))],
    ['no workload', [listed('', 'Service')]],
  ])('may still begin where there is %s, and then nothing is asked', async (_, resources) => {
    expect(await asked(resources)).toEqual({ is: false, asks: [] });
  }); // biome-ignore format: a table

  it('may still begin where one workload’s does', async () => {
    const resource: ArgoCd['resource'] = async (_, { kind, name }) =>
      live(kind, { metadata: { generation: name === 'late' ? 4 : 3 } });
    const { is } = await asked([front, listed('apps', 'Deployment', 'Healthy', 'late')], { resource });
    expect(is).toBe(false);
  });

  it('are not asked for where the cluster that is asked may be another one', async () => {
    expect(await asked([front], { ownClusterOnly: true })).toEqual({ is: false, asks: [] });
  });

  it('are asked for of all resources, where the stream has told none', async () => {
    expect(await asked([front], {}, [])).toEqual({ is: true, asks: ['application', 'Deployment front'] });
    expect((await asked([front, listed('db.test', 'Cluster')], {}, [])).is).toBe(false);
  });
});
