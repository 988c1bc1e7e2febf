import type { Application, ResourceStatus } from '../../wire/argocd/types.ts';
import { at, listAt, numberAt, textAt } from '../../wire/fields.ts';
import type { Asking } from './reason.ts';

/** Numbers of a workload's status that are all as many as its pods are to be, once its rollout is over (apps/v1). */
const counts: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['replicas', 'updatedReplicas', 'availableReplicas'],
  StatefulSet: ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'],
  DaemonSet: ['updatedNumberScheduled', 'currentNumberScheduled', 'numberAvailable'],
};
/** Kubernetes' own kinds that have a health in Argo CD, and no rollout. */
const still = [
  ...['/Service', '/PersistentVolumeClaim', 'networking.k8s.io/Ingress', 'policy/PodDisruptionBudget'],
  ...['autoscaling/HorizontalPodAutoscaler', 'batch/Job', 'batch/CronJob'],
];
/** As many workloads are looked at: each is a request. */
const mostWorkloads = 20;

/**
 * Whether no rollout of an application is still to begin: each of its resources is a workload that the cluster itself, asked
 * now, says is rolled out, or has no rollout. False for whatever can't tell that. Throws WireFailure.
 *
 * Argo CD's health is made of one comparison's objects, but of most kinds it doesn't look at which generation their status
 * is about (14 of the 207 scripts of its v3.1.9 do): an operator that hasn't begun yet leaves its resource Healthy. Scripts of
 * the server's own may do so for workloads too, which is why these are read.
 */
export async function isRolledOut({ argocd, app }: Asking, shown: Application): Promise<boolean> {
  if (argocd.ownClusterOnly === true) return false;
  // The stream of several applications tells no resources.
  const { resources } = shown.resources.length > 0 ? shown : await argocd.application(app);
  const workloads = resources.filter(isWorkload);
  const told = workloads.length > 0 && workloads.every(({ health }) => health === 'Healthy');
  if (!told || workloads.length > mostWorkloads || !resources.every((one) => isWorkload(one) || isStill(one)))
    return false;
  // Whoever can't be asked is not asked again: it is only waited for longer then, and less long than for another try.
  return (await Promise.all(workloads.map((one) => argocd.resource(app, one, 1)))).every(isOver);
}

function isWorkload({ group, kind }: ResourceStatus): boolean {
  return group === 'apps' && counts[kind] !== undefined;
}

/** What has no health at all never makes its application ill. */
function isStill({ group, kind, health }: ResourceStatus): boolean {
  return health === '' || still.includes(`${group}/${kind}`);
}

/**
 * Whether a live workload's newest generation is rolled out, in pods whose program has answered: without any probe a
 * container is ready as soon as it runs, even one that ends at once. Pure.
 */
export function isOver(live: unknown): boolean {
  const kind = textAt(live, 'kind');
  const generation = numberAt(live, 'metadata', 'generation');
  if (generation === 0 || numberAt(live, 'status', 'observedGeneration') !== generation) return false;
  if (at(live, 'metadata', 'deletionTimestamp') !== undefined || at(live, 'spec', 'paused') === true) return false;
  const wanted = kind === 'DaemonSet' ? at(live, 'status', 'desiredNumberScheduled') : at(live, 'spec', 'replicas');
  if (typeof wanted !== 'number') return false;
  const all = (counts[kind] ?? []).every((count) => numberAt(live, 'status', count) === wanted);
  return all && counts[kind] !== undefined && replacesPods(live, kind) && hasAnswered(live);
}

/** By itself, and each of them. */
function replacesPods(live: unknown, kind: string): boolean {
  if (kind === 'Deployment') return true;
  const how = at(live, 'spec', 'updateStrategy');
  return textAt(how, 'type') === 'RollingUpdate' && numberAt(how, 'rollingUpdate', 'partition') === 0;
}

function hasAnswered(live: unknown): boolean {
  if (numberAt(live, 'spec', 'minReadySeconds') > 0) return true;
  const spec = at(live, 'spec', 'template', 'spec');
  const sidecars = listAt(spec, 'initContainers').filter((one) => textAt(one, 'restartPolicy') === 'Always');
  const containers = [...listAt(spec, 'containers'), ...sidecars];
  return containers.every((one) => at(one, 'readinessProbe') !== undefined || at(one, 'startupProbe') !== undefined);
}
