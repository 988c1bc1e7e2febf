import type { Auth } from '../../auth/auth.ts';
import { isPending } from '../../config/plan/digests.ts';
import type { TagboatError } from '../../errors.ts';
import type { Emit } from '../../events.ts';
import type { Verdict } from '../../plan/deploy.ts';
import type { CommitOutcome, PushedImage } from '../../plan/outcome.ts';
import type { DeliveryPlan, Source } from '../../plan.ts';
import type { Application } from '../../wire/argocd/types.ts';
import type { World } from '../../wire/world.ts';
import type { Servers } from './argocd-servers.ts';
import { keepHeapSmall } from './world.ts';

/** What watching takes, of one run. */
export interface Watching {
  readonly world: World;
  readonly emit: Emit;
  readonly auth: Auth;
  readonly servers: Servers;
  /** The commit that the run is of. */
  readonly source?: Source | undefined;
  /** Text without secrets and without what isn't printable. */
  readonly clean: (text: string) => string;
}

/** Whether a delivery's applications can be watched at all: those found, or why there are none yet. */
export async function checkWatch(
  { world, emit, auth, servers }: Watching,
  delivery: DeliveryPlan,
): Promise<readonly Application[] | TagboatError> {
  const { deploy, repo, branch } = delivery;
  if (deploy === undefined) return [];
  const [{ checkApplications }, { openHistory }, server, credential] = await Promise.all([
    import('../../deploy/deploy.ts'),
    import('../../commit/order/history.ts'),
    servers.of(deploy.argocd),
    auth.git(repo),
  ]);
  // Asked only where an application follows HEAD, by one request.
  const history = openHistory(world, delivery, credential, world.clock.now() + 60_000);
  try {
    const about = { repo, branch, files: filesOf(delivery), deploy, isHead: () => history.isHead() };
    return await checkApplications(world, emit, server, about);
  } finally {
    await history.close();
  }
}

function filesOf({ edits, writes = [] }: DeliveryPlan): string[] {
  return [...new Set([...edits, ...writes].map(({ file }) => file))];
}

/** The commit to see live: the one that landed, or the tip that has its values already. */
export async function watchOutcome(
  watching: Watching,
  delivery: DeliveryPlan,
  outcome: Extract<CommitOutcome, { is: 'landed' | 'unchanged' }>,
  images: readonly PushedImage[],
): Promise<Verdict[]> {
  const commit = outcome.is === 'landed' ? outcome.commit : outcome.tip;
  const parent = outcome.is === 'landed' ? outcome.parent : undefined;
  return watchCommit(watching, delivery, { commit, parent, images });
}

/** Waits for a delivery's commit in Argo CD, with the config repo's history at hand to place what it shows. */
export async function watchCommit(
  { world, emit, auth, servers, source }: Watching,
  delivery: DeliveryPlan,
  about: { readonly commit: string; readonly parent: string | undefined; readonly images: readonly PushedImage[] },
): Promise<Verdict[]> {
  const { deploy } = delivery;
  if (deploy === undefined) return [];
  keepHeapSmall();
  const [{ watchDelivery }, { openHistory }, server, credential] = await Promise.all([
    import('../../deploy/deploy.ts'),
    import('../../commit/order/history.ts'),
    servers.of(deploy.argocd),
    auth.git(delivery.repo),
  ]);
  const spare = 60_000;
  const history = openHistory(world, delivery, credential, world.clock.now() + deploy.argocd.longestMs + spare);
  try {
    // Without places, the commit itself says what an application is to have: its owner may have to carry it there first.
    const own = filesOf(delivery);
    const isUntold = own.length === 0 && deploy.applications.length > 0;
    // So it does where the values wait for images, of which who only watches knows nothing.
    const changes =
      isUntold || isPending(delivery)
        ? (await history.changes(about.commit)).filter(({ file }) => isUntold || own.includes(file))
        : delivery.edits.map(({ file, value }) => ({ file, after: value }));
    const watch = () =>
      watchDelivery(world, emit, server, {
        ...about,
        delivery: delivery.name,
        repo: delivery.repo,
        branch: delivery.branch,
        files: isUntold ? [...new Set(changes.map(({ file }) => file))] : own,
        changes,
        history: {
          // What our commit was made on is usually what Argo CD shows until it is told.
          relation: async (revision) =>
            revision === about.parent ? 'ancestor' : history.relation(revision, about.commit),
          keeps: (revision) => history.keeps(revision, about.commit),
          isHead: () => history.isHead(),
          removed: () => history.removed(about.commit),
          texts: (files) => history.texts(about.commit, files),
        },
        deploy,
      });
    const { environment } = deploy;
    if (environment === undefined) return await watch();
    const { withDeployment } = await import('../../deploy/act/deployment.ts');
    const deployment = { environment, delivery: delivery.name, commit: about.commit, source };
    return await withDeployment(world, emit, deployment, watch);
  } finally {
    await history.close();
  }
}
