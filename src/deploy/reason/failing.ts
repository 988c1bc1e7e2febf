import type { Application, TreeNode } from '../../wire/argocd/types.ts';
import type { FailingPod } from '../observe/observation.ts';
import { type PodFault, podFault } from './pod.ts';
import type { Asking } from './reason.ts';

// Kubernetes' words (pkg/kubelet/images, kuberuntime), by what is at fault.
const images = [
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
];
const configuration = ['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError', 'ContainerCannotRun'];

/** As many as show what is wrong. */
const mostPods = 5;
/** Clocks of a cluster's parts differ, by whole seconds too. */
const skewMs = 5_000;

/**
 * Pods of our rollout that fail to start by their own fault: not one that waits for a node, a volume or its probe, nor
 * a Job's, which has its own limit. Where the run's images are known, only pods that run one of them count; else those
 * made since the sync began. Throws WireFailure.
 */
export async function failingPods(
  { argocd, app }: Asking,
  { operation }: Application,
  runsOurs: (image: string) => boolean | undefined,
): Promise<FailingPod[]> {
  const tree = await argocd.tree(app);
  const since = operation?.startedAt === undefined ? 0 : Date.parse(operation.startedAt) - skewMs;
  const ofJob = (pod: TreeNode) => tree.some(({ uid, kind }) => kind === 'Job' && pod.parents.includes(uid));
  const isOurs = (pod: TreeNode) => {
    const known = pod.images.map(runsOurs).filter((ours) => ours !== undefined);
    return known.length > 0 ? known.includes(true) : pod.createdAt === '' || Date.parse(pod.createdAt) >= since;
  };
  const pods = tree
    .filter((node) => node.kind === 'Pod' && node.health !== 'Healthy' && isOurs(node) && !ofJob(node))
    .slice(0, mostPods);
  const found = await Promise.all(
    pods.map(async (pod) => {
      const fault = podFault(await argocd.resource(app, pod).catch(() => undefined));
      const cause = fault && causeOf(fault);
      if (fault === undefined || cause === undefined) return [];
      const name = fault.container === undefined ? pod.name : `${pod.name} (${fault.container})`;
      return [{ name, cause, status: fault.status, message: fault.message }];
    }),
  );
  return found.flat();
}

function causeOf({ status, crashing }: PodFault): FailingPod['cause'] | undefined {
  if (images.includes(status)) return 'image';
  if (configuration.includes(status)) return 'configuration';
  return crashing ? 'program' : undefined;
}
