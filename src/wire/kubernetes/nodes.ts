import type { ResourceStatus, TreeNode } from '../argocd/types.ts';
import { at, listAt, numberAt, textAt } from '../fields.ts';

// Owners are linked by kind, namespace and name: the Application tells no uids of its resources.
const idOf = (kind: string, namespace: string, name: string) => `${kind}/${namespace}/${name}`;

/** An application's own resource as a node. */
export function resourceNode(resource: ResourceStatus): TreeNode {
  const { kind, namespace, name, message } = resource;
  return { ...resource, uid: idOf(kind, namespace, name), message, parents: [], images: [], createdAt: '', info: {} };
}

/**
 * The nodes with the health that the Application itself doesn't tell (`status.resourceHealthSource: appTree`, the
 * default since v3.0): by the deployment's own word, or else by the pods below.
 */
export function withHealth(own: readonly TreeNode[], below: readonly TreeNode[], live: readonly unknown[]): TreeNode[] {
  const found = new Map(live.map((object) => [idIn(object, 'Deployment'), deploymentHealth(object)]));
  return own.map((node) => {
    if (node.health !== '') return node;
    const told = found.get(node.uid);
    return told === undefined ? { ...node, health: worstOf(podsBelow(node.uid, below)) } : { ...node, ...told };
  });
}

/** As Argo CD judges a deployment (gitops-engine, health_deployment.go). */
function deploymentHealth(object: unknown): { readonly health: string; readonly message: string } {
  const overdue = listAt(object, 'status', 'conditions').find(
    (one) => textAt(one, 'type') === 'Progressing' && textAt(one, 'reason') === 'ProgressDeadlineExceeded',
  );
  if (overdue !== undefined) return { health: 'Degraded', message: textAt(overdue, 'message') };
  const status = (name: string) => numberAt(object, 'status', name);
  const wanted = numberAt(object, 'spec', 'replicas');
  const seen = status('observedGeneration') >= numberAt(object, 'metadata', 'generation');
  const done = seen && status('updatedReplicas') >= wanted && status('availableReplicas') >= wanted;
  return { health: done ? 'Healthy' : 'Progressing', message: '' };
}

function podsBelow(uid: string, nodes: readonly TreeNode[], depth = 0): TreeNode[] {
  if (depth > 5) return [];
  const children = nodes.filter(({ parents }) => parents.includes(uid));
  return children.flatMap((node) => (node.kind === 'Pod' ? [node] : podsBelow(node.uid, nodes, depth + 1)));
}

function worstOf(pods: readonly TreeNode[]): string {
  return ['Degraded', 'Progressing', 'Healthy'].find((one) => pods.some(({ health }) => health === one)) ?? '';
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

function idIn(object: unknown, kind: string): string {
  return idOf(kind, textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name'));
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
