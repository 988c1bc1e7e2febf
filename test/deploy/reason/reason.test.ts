import { expect, it } from 'vitest';
import { reasonsOf } from '../../../src/deploy/reason/reason.ts';
import { deepestOf } from '../../../src/plan/deploy.ts';
import { readApplication } from '../../../src/wire/argocd/application.ts';
import type { ArgoCd, TreeNode } from '../../../src/wire/argocd/types.ts';
import { testWorld } from '../../support/world.ts';

const node = (kind: string, name: string, more: Partial<TreeNode> = {}): TreeNode => ({
  ...{ uid: `${kind}/${name}`, parents: [], group: '', version: 'v1', kind, namespace: 'shop', name },
  ...{ health: '', message: '', images: [], createdAt: '2026-01-01T00:00:00Z', info: {}, ...more },
});
const below = (parent: TreeNode) => ({ parents: [parent.uid] });

/** An Argo CD that knows one application's tree, what its pods say of themselves, and the events of each resource. */
function knowing(
  tree: readonly TreeNode[],
  pods: Readonly<Record<string, unknown>>,
  events: Readonly<Record<string, string>>,
) {
  const argocd = {
    tree: async () => [...tree],
    resource: async (_: unknown, { name }: TreeNode) => pods[name],
    events: async (_: unknown, { name }: TreeNode) =>
      events[name] === undefined
        ? []
        : [{ type: 'Warning', reason: 'Failed', message: events[name] ?? '', count: 1, at: '2026-01-01T00:00:00Z' }],
    logs: async () => ['the last line'],
  } as unknown as ArgoCd;
  return { world: testWorld(), argocd, app: { name: 'front' } };
}

const application = (resource: object, operationState?: object) =>
  readApplication({
    metadata: { name: 'front' },
    status: { resources: [{ version: 'v1', namespace: 'shop', status: 'Synced', ...resource }], operationState },
  });

it('a quota that is used up is told by the replica set that could make no pod', async () => {
  const top = node('Deployment', 'front', { group: 'apps' });
  const tree = [
    top,
    node('ReplicaSet', 'front-1', { ...below(top), createdAt: '2026-01-01T00:00:00Z' }),
    node('ReplicaSet', 'front-2', { ...below(top), createdAt: '2026-01-02T00:00:00Z' }),
  ];
  const asking = knowing(tree, {}, { 'front-2': 'exceeded quota: small', 'front-1': 'of the rollout before' });
  const last = application({ group: 'apps', kind: 'Deployment', name: 'front', health: { status: 'Progressing' } });
  const reasons = await reasonsOf(asking, last);
  expect(reasons).toMatchObject([{ subject: 'Deployment front', events: [expect.stringContaining('exceeded quota')] }]);
});

it('a volume that a pod waits for is told with its own events', async () => {
  const top = node('StatefulSet', 'db', { group: 'apps' });
  const tree = [
    top,
    node('Pod', 'db-0', { ...below(top), health: 'Progressing' }),
    node('PersistentVolumeClaim', 'data-db-0', { ...below(top), health: 'Progressing' }),
    node('PersistentVolumeClaim', 'well', { health: 'Healthy' }),
  ];
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'unbound claims' }];
  const asking = knowing(tree, { 'db-0': { status: { conditions } } }, { 'data-db-0': 'no storage class' });
  const last = application({ group: 'apps', kind: 'StatefulSet', name: 'db', health: { status: 'Progressing' } });
  const reasons = await reasonsOf(asking, last);
  expect(deepestOf(reasons)?.line).toContain('PersistentVolumeClaim data-db-0');
  expect(JSON.stringify(reasons)).toContain('no storage class');
  expect(JSON.stringify(reasons)).not.toContain('PersistentVolumeClaim well');
});

it('a hook that failed is told with its pod and the end of its log', async () => {
  const job = node('Job', 'migration', { group: 'batch' });
  const tree = [job, node('Pod', 'migration-x', { ...below(job), health: 'Degraded' })];
  const terminated = { exitCode: 1, reason: 'Error' };
  const status = { containerStatuses: [{ name: 'migration', state: { terminated } }] };
  const asking = knowing(tree, { 'migration-x': { status } }, {});
  const resources = [{ kind: 'Job', namespace: 'shop', name: 'migration', status: 'Synced', hookPhase: 'Failed' }];
  const last = application(
    { group: 'apps', kind: 'Deployment', name: 'front', health: { status: 'Healthy' } },
    { phase: 'Failed', syncResult: { resources } },
  );
  expect(await reasonsOf(asking, last)).toMatchObject([
    { subject: 'Job migration', parts: [{ subject: 'Pod migration-x (migration)', log: ['the last line'] }] },
  ]);
});
