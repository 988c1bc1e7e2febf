import type { TreeNode } from '../../wire/argocd/types.ts';
import { at, listAt, numberAt, textAt } from '../../wire/fields.ts';

/** What is wrong with a pod, by its own status (core/v1 PodStatus). */
export interface PodFault {
  readonly container: string | undefined;
  /** `ImagePullBackOff`, `CrashLoopBackOff`, `OOMKilled`, `Unschedulable`. */
  readonly status: string;
  readonly message: string;
  /** The container ran before, and its last run is the one whose log tells why. */
  readonly ranBefore: boolean;
  /** It has ended badly and isn't run again yet; or was, again and again. */
  readonly crashing: boolean;
}

const starting = ['ContainerCreating', 'PodInitializing'];

/** The first container that doesn't run as it should, init containers first; undefined when all do. Pure. */
export function podFault(pod: unknown): PodFault | undefined {
  const statuses = [...listAt(pod, 'status', 'initContainerStatuses'), ...listAt(pod, 'status', 'containerStatuses')];
  const faults = statuses.flatMap((status) => containerFault(status) ?? []);
  // One that is only being made waits for another, or says nothing yet.
  return faults.find(({ status }) => !starting.includes(status)) ?? unscheduled(pod) ?? faults[0];
}

function containerFault(status: unknown): PodFault | undefined {
  const container = textAt(status, 'name');
  const ended = at(status, 'lastState', 'terminated');
  const waiting = textAt(status, 'state', 'waiting', 'reason');
  if (waiting !== '') {
    const why = [textAt(status, 'state', 'waiting', 'message'), ended === undefined ? '' : endingOf(ended)].filter(
      (text) => text !== '',
    );
    return {
      container,
      status: waiting,
      message: why.join('; '),
      ranBefore: ended !== undefined,
      crashing: waiting === 'CrashLoopBackOff',
    };
  }
  const terminated = at(status, 'state', 'terminated');
  if (terminated !== undefined && numberAt(terminated, 'exitCode') !== 0) {
    return {
      container,
      status: textAt(terminated, 'reason') || 'Error',
      message: endingOf(terminated),
      ranBefore: false,
      crashing: true,
    };
  }
  if (at(status, 'ready') === false && terminated === undefined) {
    const restarts = numberAt(status, 'restartCount');
    const message =
      restarts > 0
        ? `restarted ${restarts} times; ${ended === undefined ? '' : endingOf(ended)}`
        : 'runs, and is not ready';
    return { container, status: 'NotReady', message, ranBefore: ended !== undefined, crashing: restarts >= 3 };
  }
  return undefined;
}

function endingOf(terminated: unknown): string {
  const reason = textAt(terminated, 'reason');
  const message = textAt(terminated, 'message');
  const code = `exit code ${numberAt(terminated, 'exitCode')}`;
  return `last ended with ${reason === '' || reason === 'Error' ? code : `${reason} (${code})`}${message === '' ? '' : `: ${message}`}`;
}

function unscheduled(pod: unknown): PodFault | undefined {
  const condition = listAt(pod, 'status', 'conditions').find(
    (one) => textAt(one, 'type') === 'PodScheduled' && textAt(one, 'status') === 'False',
  );
  if (condition === undefined) return undefined;
  return {
    container: undefined,
    status: textAt(condition, 'reason') || 'Unschedulable',
    message: textAt(condition, 'message'),
    ranBefore: false,
    crashing: false,
  };
}

/** What lies below a node of a tree. Pure. */
export function below({ uid }: Pick<TreeNode, 'uid'>, tree: readonly TreeNode[], depth = 0): TreeNode[] {
  if (depth > 5) return [];
  const children = tree.filter(({ parents }) => parents.includes(uid));
  return children.flatMap((node) => [node, ...below(node, tree, depth + 1)]);
}

/** At most so many of the pods at or below a node that aren't well, newest first: an older one is of the rollout before. */
export function illPods(top: TreeNode, tree: readonly TreeNode[], most: number): TreeNode[] {
  return [top, ...below(top, tree)]
    .filter(({ kind, health }) => kind === 'Pod' && health !== 'Healthy')
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    .slice(0, most);
}
