import type { Application, ArgoCd, TreeNode } from '../../wire/argocd/types.ts';
import type { World } from '../../wire/world.ts';
import { refOf, type Search } from '../observe/find.ts';
import { carries, type Followed, reads } from '../observe/sources.ts';

/** A value that was set; `before` where the commit alone tells what was changed, and not whose. */
export interface Replacing {
  readonly file: string;
  readonly after: string;
  readonly before?: string | undefined;
}

/** What a delivery changed, and where to look for it. */
export interface Changed {
  readonly world: World;
  readonly argocd: ArgoCd;
  readonly followed: Followed;
  readonly search: Search;
  readonly changes: readonly Replacing[];
  readonly images: readonly string[];
  readonly deadline: number;
}

/** Applications of one application that are looked at. */
const mostChildren = 200;
const pollMs = 2_000;
/** How long an ApplicationSet that has our values may take to change its applications. */
const generateMs = 60_000;

/** The applications that one makes, also by ApplicationSets, and that read what was set. Throws WireFailure. */
export async function changedBelow(delivery: Changed, parent: Application): Promise<Application[]> {
  const { argocd, world } = delivery;
  const app = refOf(parent);
  // The stream of several applications tells no resources.
  const { resources } = parent.resources.length > 0 ? parent : await argocd.application(app);
  const isMade = ({ kind, group }: { kind: string; group: string }) =>
    group === 'argoproj.io' && (kind === 'Application' || kind === 'ApplicationSet');
  if (!resources.some(isMade)) return [];
  const sets = await setsOf(delivery, app, resources);
  const until = Math.min(delivery.deadline, world.clock.now() + generateMs);
  for (;;) {
    const nodes = (await argocd.tree(app)).filter(isMade).filter(({ kind }) => kind === 'Application');
    const children = await read(argocd, nodes.slice(0, mostChildren));
    const changed = children.filter((child) => isChanged(delivery, child));
    const waits = sets.filter(
      (set) => !changed.some(({ owner }) => owner?.kind === 'ApplicationSet' && owner.name === set),
    );
    if (waits.length === 0 || world.clock.now() >= until) return changed;
    await world.clock.sleep(pollMs, world.signal);
  }
}

/** The application's ApplicationSets whose text has what was set: their applications are still to be changed. */
async function setsOf(
  { argocd, changes }: Changed,
  app: ReturnType<typeof refOf>,
  resources: Application['resources'],
): Promise<string[]> {
  const own = resources.filter(({ kind, group }) => kind === 'ApplicationSet' && group === 'argoproj.io');
  const found = await Promise.all(
    own.map(async (node) => {
      const text = JSON.stringify(await argocd.resource(app, node).catch(() => undefined)) ?? '';
      return changes.some(({ after }) => carries([text], [after])) ? [node.name] : [];
    }),
  );
  return found.flat();
}

async function read(argocd: ArgoCd, nodes: readonly TreeNode[]): Promise<Application[]> {
  const left = [...nodes];
  const found: Application[] = [];
  const worker = async (): Promise<void> => {
    for (let node = left.pop(); node !== undefined; node = left.pop()) {
      const { name, namespace } = node;
      const child = await argocd.application({ name, namespace: namespace || undefined }).catch(() => undefined);
      if (child !== undefined) found.push(child);
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  return found;
}

function isChanged({ changes, search, followed }: Changed, child: Application): boolean {
  if (search.files.length > 0 && reads(child, followed, search.files)) return true;
  return changes.some(({ after }) => carries(child.settings, [after]));
}
