import { createAuth } from '../auth/auth.ts';
import { landDelivery } from '../commit/land.ts';
import { previewDelivery } from '../commit/preview.ts';
import { resolveDigests } from '../config/digests.ts';
import type { CommitOutcome, CommitPreview, DeliveryPlan, ImagePreview, RunPlan, Source } from '../plan.ts';
import type { Stages } from '../ship.ts';
import type { Session } from './session.ts';

/** The real stages of a run, and what they would do. */
export interface RealStages extends Stages {
  readonly checkImage: (image: RunPlan['images'][number]) => Promise<ImagePreview>;
  readonly checkDelivery: (delivery: DeliveryPlan) => Promise<CommitPreview>;
  /** Values may still wait for digests of images that this run doesn't push. */
  readonly land: (delivery: DeliveryPlan, images?: Parameters<Stages['land']>[1]) => Promise<CommitOutcome>;
}

/** Opens the stages, does the work, and ends every credential whatever became of it. */
export async function withStages<T>(
  session: Session,
  plan: Pick<RunPlan, 'aws' | 'images'> & { readonly source: Source | undefined },
  work: (stages: RealStages) => Promise<T>,
): Promise<T> {
  const { world, emit } = session;
  const auth = createAuth(world, emit, plan.aws);
  const images = plan.images.length === 0 ? undefined : imageStages(session, plan.source, auth.registry);
  const absent = async (): Promise<never> => {
    throw new RangeError('a run without images was asked for one');
  };
  try {
    return await work({
      checkImage: async (image) => ((await images)?.check ?? absent)(image),
      build: async (image) => ((await images)?.build ?? absent)(image),
      checkDelivery: async (delivery) => previewDelivery(world, delivery, await auth.git(delivery.repo)),
      land: async (delivery, pushed = []) =>
        landDelivery(world, emit, resolveDigests(delivery, pushed), await auth.git(delivery.repo)),
    });
  } finally {
    await auth.end();
  }
}

/** The build stage is loaded only where there is something to build. */
async function imageStages(
  { world, emit }: Session,
  source: Source | undefined,
  credential: ReturnType<typeof createAuth>['registry'],
) {
  const { buildImage, previewImage } = await import('../build/build.ts');
  if (source === undefined) throw new RangeError('images are built from a commit');
  const context = { source, credential };
  type Image = RunPlan['images'][number];
  return {
    check: (image: Image) => previewImage(world, image, context),
    build: (image: Image) => buildImage(world, emit, image, context),
  };
}
