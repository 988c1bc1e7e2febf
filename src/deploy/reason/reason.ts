import type { Reason } from '../../plan/deploy.ts';
import type { Application, AppRef, ArgoCd, ResourceEvent, TreeNode } from '../../wire/argocd/types.ts';
import { beginning } from '../../wire/text/shorten.ts';
import { type Ticking, within } from '../observe/asked-until.ts';
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
  readonly world: Ticking;
  readonly argocd: ArgoCd;
  readonly app: AppRef;
}

/**
 * Why an application isn't well, as a tree: resources, their pods, and what those waited or died of. What can't be
 * asked (a token without `logs, get`, a pod that is gone) is left out: a verdict with less reason is still one.
 */
export async function reasonsOf(asking: Asking, last: Application | undefined): Promise<Reason[]> {
  if (last === undefined) return [];
  const { world, argocd, app } = asking;
  const until = world.clock.now() + patienceMs;
  const orLess: OrLess = (answer) =>
    within(
      world,
      until - world.clock.now(),
      answer.catch(() => undefined),
      () => undefined,
    );
  const [whole, tree = []] = await Promise.all([
    // The shared stream tells no resources.
    last.resources.length > 0 ? last : orLess(argocd.application(app)),
    orLess(argocd.tree(app)),
  ]);
  const application = whole ?? last;
  const looking = { ...asking, tree, orLess };
  const [failed, ill] = await Promise.all([
    Promise.all(failedResults(looking, application)),
    Promise.all(unwell(application, tree).map((one) => resourceReason(looking, one))),
  ]);
  world.signal.throwIfAborted();
  return [...errorConditions(application), ...failed, ...ill, ...outOfSync(application)];
}

type OrLess = <T>(answer: Promise<T>) => Promise<T | undefined>;

/** With what the reasons of one application are looked for. */
interface Looking extends Asking {
  readonly tree: readonly TreeNode[];
  /** An answer while there is time for it; undefined for one that failed, or comes later. */
  readonly orLess: OrLess;
}

function errorConditions({ conditions, name }: Application): Reason[] {
  return conditions
    .filter(({ type }) => type.endsWith('Error'))
    .map(({ type, message }) => leaf(`Application ${name}`, type, message));
}

/** What a sync failed at; a hook with the pods that it had, while they are there. */
function failedResults(looking: Looking, { operation }: Application) {
  if (operation?.phase !== 'Failed' && operation?.phase !== 'Error') return [];
  return operation.resources
    .filter(({ status, hookPhase }) => status === 'SyncFailed' || hookPhase === 'Failed' || hookPhase === 'Error')
    .slice(0, mostResources)
    .map(async (one): Promise<Reason> => {
      const hook = one.hookPhase === '' ? undefined : nodeOf(one, looking.tree);
      const pods = hook === undefined ? [] : illPods(hook, looking.tree, mostPods);
      const parts = await Promise.all(pods.map((pod) => podReason(looking, pod)));
      return { ...leaf(`${one.kind} ${one.name}`, one.hookPhase || one.status, one.message), parts };
    });
}

/** A resource's own node. */
function nodeOf(
  { kind, name, namespace }: Pick<TreeNode, 'kind' | 'name' | 'namespace'>,
  tree: readonly TreeNode[],
): TreeNode | undefined {
  return tree.find((node) => node.kind === kind && node.name === name && node.namespace === namespace);
}

type Unwell = Pick<TreeNode, 'kind' | 'namespace' | 'name' | 'health' | 'message'>;

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

async function resourceReason(looking: Looking, own: Unwell): Promise<Reason> {
  const top = nodeOf(own, looking.tree);
  const pods = top === undefined ? [] : illPods(top, looking.tree, mostPods);
  const parts = await Promise.all(pods.map((pod) => podReason(looking, pod)));
  const events = pods.length > 0 || top === undefined ? [] : await creationEvents(looking, top);
  return { ...leaf(`${own.kind} ${own.name}`, own.health, own.message), events, parts };
}

/** Why a resource has no pods: its own events, or those of its newest replica set, such as a quota that is used up. */
async function creationEvents(looking: Looking, top: TreeNode): Promise<string[]> {
  const [newest] = below(top, looking.tree)
    .filter(({ kind }) => kind === 'ReplicaSet')
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  const own = await eventsOf(looking, top);
  return newest === undefined ? own : [...own, ...(await eventsOf(looking, newest))].slice(-mostEvents);
}

/** Volumes that a pod without a node may wait for. */
async function pendingClaims(looking: Looking, pod: TreeNode): Promise<Reason[]> {
  const claims = looking.tree.filter(
    ({ kind, namespace, health }) =>
      kind === 'PersistentVolumeClaim' && namespace === pod.namespace && health !== 'Healthy' && health !== '',
  );
  return Promise.all(
    claims.slice(0, mostPods).map(async (claim) => ({
      ...leaf(`PersistentVolumeClaim ${claim.name}`, claim.health, claim.message),
      events: await eventsOf(looking, claim),
    })),
  );
}

async function podReason(looking: Looking, pod: TreeNode): Promise<Reason> {
  const { argocd, app, orLess } = looking;
  const [manifest, events] = await Promise.all([orLess(argocd.resource(app, pod)), eventsOf(looking, pod)]);
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
    parts: fault?.status === 'Unschedulable' ? await pendingClaims(looking, pod) : [],
  };
}

async function eventsOf({ argocd, app, orLess }: Looking, node: TreeNode): Promise<string[]> {
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
