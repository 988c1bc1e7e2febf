import type { Reason } from '../../plan/deploy.ts';
import type { Application, AppRef, ArgoCd, ResourceEvent, TreeNode } from '../../wire/argocd/types.ts';
import { beginning } from '../../wire/text/shorten.ts';
import type { World } from '../../wire/world.ts';
import { below, illPods, podFault } from './pod.ts';

/** As much as helps: a cluster in trouble has hundreds of pods, all ill of the same thing. */
const mostResources = 10;
const mostPods = 3;
const mostEvents = 6;
const mostLines = 20;
const longestLine = 500;
/** Milliseconds that asking may take; what isn't known by then is left out. */
const patienceMs = 15_000;

export interface Asking {
  readonly world: Pick<World, 'clock' | 'signal'>;
  readonly argocd: ArgoCd;
  readonly app: AppRef;
}

/**
 * Why an application isn't well, as a tree: resources, their pods, and what those waited or died of. What can't be
 * asked (a token without `logs, get`, a pod that is gone) is left out: a verdict with less reason is still one.
 */
export async function reasonsOf(asking: Asking, last: Application | undefined): Promise<Reason[]> {
  if (last === undefined) return [];
  const done = new AbortController();
  const until = AbortSignal.any([done.signal, asking.world.signal]);
  const over = asking.world.clock.sleep(patienceMs, until).catch(() => undefined);
  try {
    return await collect(asking, last, (answer) =>
      Promise.race([answer.catch(() => undefined), over.then(() => undefined)]),
    );
  } finally {
    done.abort();
    asking.world.signal.throwIfAborted();
  }
}

async function collect(asking: Asking, last: Application, orLess: OrLess): Promise<Reason[]> {
  const [whole, tree] = await Promise.all([
    // The shared stream tells no resources.
    last.resources.length > 0 ? last : orLess(asking.argocd.application(asking.app)),
    orLess(asking.argocd.tree(asking.app)),
  ]);
  const application = whole ?? last;
  return [
    ...errorConditions(application),
    ...(await Promise.all(failedResults(asking, application, tree ?? [], orLess))),
    ...(await Promise.all(
      unwell(application, tree ?? []).map((one) => resourceReason(asking, one, tree ?? [], orLess)),
    )),
    ...outOfSync(application),
  ];
}

function errorConditions({ conditions, name }: Application): Reason[] {
  return conditions
    .filter(({ type }) => type.endsWith('Error'))
    .map(({ type, message }) => leaf(`Application ${name}`, type, message));
}

/** What a sync failed at; a hook with the pods that it had, while they are there. */
function failedResults(asking: Asking, { operation }: Application, tree: readonly TreeNode[], orLess: OrLess) {
  if (operation?.phase !== 'Failed' && operation?.phase !== 'Error') return [];
  return operation.resources
    .filter(({ status, hookPhase }) => status === 'SyncFailed' || hookPhase === 'Failed' || hookPhase === 'Error')
    .slice(0, mostResources)
    .map(async (one): Promise<Reason> => {
      const hook = one.hookPhase === '' ? undefined : nodeOf(one, tree);
      const pods = hook === undefined ? [] : illPods(hook, tree, mostPods);
      const parts = await Promise.all(pods.map((pod) => podReason(asking, pod, tree, orLess)));
      return { ...leaf(`${one.kind} ${one.name}`, one.hookPhase || one.status, one.message), parts };
    });
}

/** A resource's own node. */
function nodeOf(
  { kind, name, namespace }: { readonly kind: string; readonly name: string; readonly namespace: string },
  tree: readonly TreeNode[],
): TreeNode | undefined {
  return tree.find((node) => node.kind === kind && node.name === name && node.namespace === namespace);
}

interface Unwell {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly health: string;
  readonly message: string;
}

/** The application's own resources that aren't healthy, the worst first; where it doesn't tell, by the tree. */
function unwell({ resources }: Application, tree: readonly TreeNode[]): Unwell[] {
  const rank = ['Degraded', 'Missing', 'Unknown', 'Progressing', 'Suspended'];
  const own: readonly Unwell[] = resources.some(({ health }) => health !== '')
    ? resources
    : tree.filter(({ parents }) => parents.length === 0);
  return own
    .filter(({ health }) => rank.includes(health))
    .sort((a, b) => rank.indexOf(a.health) - rank.indexOf(b.health))
    .slice(0, mostResources);
}

function outOfSync({ sync, resources }: Application): Reason[] {
  if (sync.status !== 'OutOfSync') return [];
  const own = resources.filter(({ status }) => status === 'OutOfSync');
  return own.slice(0, mostResources).map(({ kind, name }) => leaf(`${kind} ${name}`, 'OutOfSync', ''));
}

type OrLess = <T>(answer: Promise<T>) => Promise<T | undefined>;

async function resourceReason(asking: Asking, own: Unwell, tree: readonly TreeNode[], orLess: OrLess): Promise<Reason> {
  const top = nodeOf(own, tree);
  const pods = top === undefined ? [] : illPods(top, tree, mostPods);
  const parts = await Promise.all(pods.map((pod) => podReason(asking, pod, tree, orLess)));
  const events = pods.length > 0 || top === undefined ? [] : await creationEvents(asking, top, tree, orLess);
  return { ...leaf(`${own.kind} ${own.name}`, own.health, own.message), events, parts };
}

/** Why a resource has no pods: its own events, or those of its newest replica set, such as a quota that is used up. */
async function creationEvents(
  asking: Asking,
  top: TreeNode,
  tree: readonly TreeNode[],
  orLess: OrLess,
): Promise<string[]> {
  const [newest] = below(top, tree)
    .filter(({ kind }) => kind === 'ReplicaSet')
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  const own = await eventsOf(asking, top, orLess);
  return newest === undefined ? own : [...own, ...(await eventsOf(asking, newest, orLess))].slice(-mostEvents);
}

/** Volumes that a pod without a node may wait for. */
async function pendingClaims(
  asking: Asking,
  pod: TreeNode,
  tree: readonly TreeNode[],
  orLess: OrLess,
): Promise<Reason[]> {
  const claims = tree.filter(
    ({ kind, namespace, health }) =>
      kind === 'PersistentVolumeClaim' && namespace === pod.namespace && health !== 'Healthy' && health !== '',
  );
  return Promise.all(
    claims.slice(0, mostPods).map(async (claim) => ({
      ...leaf(`PersistentVolumeClaim ${claim.name}`, claim.health, claim.message),
      events: await eventsOf(asking, claim, orLess),
    })),
  );
}

async function podReason(asking: Asking, pod: TreeNode, tree: readonly TreeNode[], orLess: OrLess): Promise<Reason> {
  const { argocd, app } = asking;
  const [manifest, events] = await Promise.all([orLess(argocd.resource(app, pod)), eventsOf(asking, pod, orLess)]);
  const fault = podFault(manifest);
  const started =
    fault === undefined ||
    fault.ranBefore ||
    !/^(?:ErrImage|ImagePull|InvalidImage|CreateContainer|ContainerCreating|Unschedulable)/.test(fault.status);
  const query = {
    namespace: pod.namespace,
    pod: pod.name,
    container: fault?.container,
    lines: mostLines,
    previous: fault?.ranBefore ?? false,
  };
  const log = started ? ((await orLess(argocd.logs(app, query))) ?? []) : [];
  return {
    subject: `Pod ${pod.name}${fault?.container === undefined ? '' : ` (${fault.container})`}`,
    status: fault?.status ?? pod.info['Status Reason'] ?? pod.health,
    message: beginning(fault?.message || pod.message, 2_000),
    events,
    log: log.slice(-mostLines).map((line) => beginning(line, longestLine)),
    parts: fault?.status === 'Unschedulable' ? await pendingClaims(asking, pod, tree, orLess) : [],
  };
}

async function eventsOf({ argocd, app }: Asking, node: TreeNode, orLess: OrLess): Promise<string[]> {
  const events = (await orLess(argocd.events(app, node))) ?? [];
  return [...events]
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .slice(-mostEvents)
    .map(eventText);
}

function eventText({ type, reason, message, count }: ResourceEvent): string {
  const times = count > 1 ? ` (${count} times)` : '';
  return beginning(`${type === 'Normal' ? '' : `${type} `}${reason}${times}: ${message}`, longestLine);
}

function leaf(subject: string, status: string, message: string): Reason {
  return { subject, status, message: beginning(message, 2_000), events: [], log: [], parts: [] };
}
