import type { Auth } from '../../auth/auth.ts';
import { landDelivery } from '../../commit/commit.ts';
import { previewDelivery } from '../../commit/land/preview.ts';
import { openLineage } from '../../commit/order/lineage.ts';
import type { Rendering } from '../../commit/render/render.ts';
import { resolveDigests, showPending } from '../../config/plan/digests.ts';
import type { Server } from '../../deploy/deploy.ts';
import type { TagboatError } from '../../errors.ts';
import type { ImageRunOptions } from '../../image/run.ts';
import type { ArgoCdPlan } from '../../plan/deploy.ts';
import type { ImageExplanation } from '../../plan/image.ts';
import { sourceBehind } from '../../plan/listed.ts';
import type { CommitPreview, ImagePreview } from '../../plan/outcome.ts';
import type { DeliveryPlan, GitCredential, ImagePlan, RunPlan } from '../../plan.ts';
import type { Stages } from '../../ship.ts';
import type { Application } from '../../wire/argocd/types.ts';
import type { World } from '../../wire/world.ts';
import { createServers } from './argocd-servers.ts';
import type { Session } from './session.ts';
import { checkWatch, watchOutcome } from './watch.ts';
import { withAuth } from './with-auth.ts';

/** The real stages of a run, whose checks tell what they would do. */
interface RealStages extends Stages {
  readonly checkImage: (image: ImagePlan) => Promise<ImagePreview>;
  readonly checkDelivery: (delivery: DeliveryPlan) => Promise<CommitPreview>;
  /** The same, with what becomes of the manifests. */
  readonly checkRendered: (delivery: DeliveryPlan, rendering: Rendering) => Promise<CommitPreview>;
  /** Asks a delivery's config repo something else. */
  readonly askRepo: <T>(
    delivery: DeliveryPlan,
    question: (world: World, delivery: DeliveryPlan, credential: GitCredential | undefined) => Promise<T>,
  ) => Promise<T>;
  /** Asks with the run's credentials what no stage does. */
  readonly askWith: <T>(question: (auth: Auth) => Promise<T>) => Promise<T>;
  readonly checkApplications: (delivery: DeliveryPlan) => Promise<readonly Application[] | TagboatError>;
  /** The Argo CD that a delivery is followed by. */
  readonly server: (argocd: ArgoCdPlan) => Promise<Server>;
  /** What the files alone tell of an image, where its registry can't be asked. */
  readonly checkFiles: (image: ImagePlan) => Promise<void>;
  /** Which inputs changed since an earlier image; `before` are the values that config repos name for it. */
  readonly explain: (image: ImagePlan, before: readonly string[]) => Promise<ImageExplanation>;
}

/** Opens the stages, does the work, and ends every credential whatever became of it. */
export async function withStages<T>(
  session: Session,
  plan: Pick<RunPlan, 'aws' | 'google' | 'azure' | 'source' | 'deliveries'>,
  work: (stages: RealStages) => Promise<T>,
  { rebuild = false, pushes }: { readonly rebuild?: boolean; readonly pushes?: boolean } = {},
): Promise<T> {
  const kept: Promise<void>[] = [];
  const beside = (one: Promise<void>): void => {
    one.catch(() => undefined);
    kept.push(one);
  };
  const toTheEnd = async (stages: RealStages): Promise<T> => {
    try {
      const done = await work(stages);
      await Promise.all(kept).catch((error: unknown) => {
        // What was landed and seen by then stays so; only the next build takes longer.
        if (!session.world.signal.aborted) throw error;
      });
      return done;
    } finally {
      await Promise.allSettled(kept);
    }
  };
  const working = { work: toTheEnd, rebuild, pushes, beside };
  return withAuth(session, (auth) => withAuthorized(session, plan, auth, working), plan);
}

interface Working<T> extends Required<Pick<ImageRunOptions, 'beside'>> {
  readonly work: (stages: RealStages) => Promise<T>;
  readonly rebuild: boolean;
  readonly pushes: boolean | undefined;
}

async function withAuthorized<T>(
  { world, emit, clean }: Session,
  { source, deliveries }: Pick<RunPlan, 'source' | 'deliveries'>,
  auth: Auth,
  { work, rebuild, pushes, beside }: Working<T>,
): Promise<T> {
  const servers = createServers(world, emit, auth);
  const watching = { world, emit, auth, servers, source, clean };
  let opened: ReturnType<typeof openImages> | undefined;
  const readers = auth.readers(
    source?.url ?? '',
    deliveries.map(({ repo }) => repo),
  );
  const lineage = source === undefined ? undefined : openLineage(world, emit, source, readers);
  const lineageOf = (delivery: DeliveryPlan) => {
    const of = sourceBehind(delivery, source);
    return of === undefined || of === source ? of && lineage : openLineage(world, emit, of, readers);
  };
  const watchingOf = (delivery: DeliveryPlan) => ({ ...watching, source: sourceBehind(delivery, source) });
  const openImages = async () => {
    if (source === undefined) throw new RangeError('images are built from a commit');
    const [stage, { createImageRun }] = await Promise.all([
      import('../../image/image.ts'),
      import('../../image/run.ts'),
    ]);
    const options = { source, credential: auth.registry, identity: auth.identity, rebuild, pushes, beside };
    return { ...stage, run: createImageRun(world, emit, options) };
  };
  // Loaded only where there is something to build, and opened once: what was found out for one image serves the others.
  const images = () => (opened ??= openImages());
  const preview = async (delivery: DeliveryPlan, rendering: Rendering | undefined): Promise<CommitPreview> =>
    previewDelivery(world, showPending(delivery, []), await auth.git(delivery.repo), {
      lineage: lineageOf(delivery),
      pushes,
      rendering,
    });
  try {
    return await work({
      checkImage: async (image) => {
        const { previewImage, run } = await images();
        return previewImage(run, image);
      },
      askRepo: async (delivery, question) => question(world, delivery, await auth.git(delivery.repo)),
      askWith: async (question) => question(auth),
      checkFiles: async (image) => {
        const [{ checkFiles }, { run }] = await Promise.all([import('../../image/reuse/check-before.ts'), images()]);
        await checkFiles(run, image);
      },
      explain: async (image, before) => {
        const { explainImage, run } = await images();
        return explainImage(run, image, before);
      },
      build: async (image) => {
        const { buildImage, run } = await images();
        return buildImage(run, image);
      },
      checkDelivery: async (delivery) => preview(delivery, undefined),
      checkRendered: preview,
      land: async (delivery, pushed) =>
        landDelivery(world, emit, resolveDigests(delivery, pushed), await auth.git(delivery.repo), {
          lineage: lineageOf(delivery),
          sourceCredential: delivery.promotes && (await auth.git(delivery.promotes.repo)),
        }),
      awaitMerge: async (delivery, proposed, pushed) => {
        const { awaitMerge } = await import('../../commit/propose/await-merge.ts');
        const waitMs = delivery.pullRequest?.waitMs ?? 0;
        const asked = resolveDigests(delivery, pushed);
        return awaitMerge(world, emit, asked, await auth.git(delivery.repo), {
          proposed,
          waitMs,
          lineage: lineageOf(delivery),
        });
      },
      server: servers.of,
      checkApplications: async (delivery) => checkWatch(watching, delivery),
      watch: async (delivery, outcome, pushed) =>
        watchOutcome(watchingOf(delivery), resolveDigests(delivery, pushed), outcome, pushed),
      rollBack: async (delivery, ...args) =>
        (await import('./rollback.ts')).rollBack(watchingOf(delivery), delivery, ...args),
    });
  } finally {
    servers.close();
  }
}
