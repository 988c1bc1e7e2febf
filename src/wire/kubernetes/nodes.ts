import type { ResourceStatus, TreeNode } from '../argocd/types.ts';
import { at, listAt, textAt } from '../fields.ts';

// Owners are linked by kind, namespace and name: the Application tells no uids of its resources.
const idOf = (kind: string, namespace: string, name: string) => `${kind}/${namespace}/${name}`;

/** An application's own resource as a node. */
export function resourceNode(resource: ResourceStatus): TreeNode {
  const { kind, namespace, name, message } = resource;
  return { ...resource, uid: idOf(kind, namespace, name), message, parents: [], images: [], createdAt: '', info: {} };
}

export function setNode(value: unknown): TreeNode {
  return { ...ownedNode(value, 'ReplicaSet'), group: 'apps', health: '' };
}

/** A pod, healthy when all its containers are ready or it is done. */
export function podNode(value: unknown): TreeNode {
  const phase = textAt(value, 'status', 'phase');
  const ready = listAt(value, 'status', 'conditions').some(
    (one) => textAt(one, 'type') === 'Ready' && textAt(one, 'status') === 'True',
  );
  const waiting = listAt(value, 'status', 'containerStatuses').map((one) => textAt(one, 'state', 'waiting', 'reason'));
  const health = phase === 'Succeeded' || ready ? 'Healthy' : phase === 'Failed' ? 'Degraded' : 'Progressing';
  const reason = waiting.find((one) => one !== '') ?? phase;
  return { ...ownedNode(value, 'Pod'), group: '', health, info: { 'Status Reason': reason } };
}

function ownedNode(value: unknown, kind: string): TreeNode {
  const namespace = textAt(value, 'metadata', 'namespace');
  const name = textAt(value, 'metadata', 'name');
  const owners = listAt(value, 'metadata', 'ownerReferences');
  return {
    ...{ uid: idOf(kind, namespace, name), group: '', version: 'v1', kind, namespace, name, health: '', message: '' },
    parents: owners.map((owner) => idOf(textAt(owner, 'kind'), namespace, textAt(owner, 'name'))),
    images: listAt(value, 'spec', 'containers').map((one) => textAt(one, 'image')),
    createdAt: textAt(value, 'metadata', 'creationTimestamp'),
    info: at(value, 'status', 'reason') === undefined ? {} : { 'Status Reason': textAt(value, 'status', 'reason') },
  };
}
