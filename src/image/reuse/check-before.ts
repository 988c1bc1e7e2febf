import { isError, type Place, TagboatError } from '../../errors.ts';
import type { ImagePlan } from '../../plan.ts';
import { WireFailure } from '../../wire/failure.ts';
import { registryError } from '../../wire/oci/report.ts';
import { checkSources } from '../engine/check-sources.ts';
import { type DockerfileReading, readImage } from '../engine/prepare.ts';
import { checkMounts } from '../engine/secrets.ts';
import type { ImageJob } from '../job.ts';
import type { ImageRun } from '../run.ts';
import { baseOf } from './base-images.ts';
import type { NewBuild } from './decide.ts';

/** What the files alone tell of an image: its Dockerfile, its contexts, what it copies. Asks nobody. Throws as a build does. */
export async function checkFiles(run: Pick<ImageRun, 'machine' | 'source' | 'world'>, image: ImagePlan): Promise<void> {
  if (image.from !== undefined) return;
  const reading = await readImage(image, run);
  if (reading.is === 'read') {
    for (const { needed } of reading.platforms) checkMounts(image, reading.dockerfile, needed);
  }
  await checkSources(image, reading, run.world.signal);
}

/**
 * Whatever would end this build, or its push, and can be told before anything is pushed: files to copy, base images, and
 * the right to push, which a registry tells by beginning an upload, dropped at once. Throws what the build would.
 */
export async function checkBuild(job: ImageJob, { reading, prepared }: NewBuild): Promise<void> {
  const { run, image } = job;
  await Promise.all([
    checkSources(image, reading, run.world.signal),
    checkBaseImages(job, reading, prepared.choice.engine),
    run.pushes === false ? undefined : checkPush(job),
  ]);
}

/** Whether the registry takes what is pushed to the image's repository. Throws as a push does. */
export async function checkPush({ run, image, target }: ImageJob): Promise<void> {
  const { registry, repository, tag } = target;
  await run.once(`may push ${image.registry.host} ${repository}`, async () => {
    try {
      await registry.client.tryPush(repository);
    } catch (error) {
      run.world.signal.throwIfAborted();
      if (!(error instanceof WireFailure)) throw error;
      const { host } = registry.client;
      const login = await registry.login();
      throw registryError(error, { host, repository, reference: tag, doing: 'push', login });
    }
  });
}

/** Base images are in their registries; for a builder, on the machine will do too. */
async function checkBaseImages({ run, image }: ImageJob, reading: DockerfileReading, engine: string): Promise<void> {
  if (reading.is === 'unread') return;
  const { dockerfile, platforms } = reading;
  const missing = async (reference: string, platform: string, place: Place): Promise<void> => {
    try {
      await baseOf(reference, platform, image, run, place);
    } catch (error) {
      run.world.signal.throwIfAborted();
      const isMissing = isError(error, 'BASE_NOT_FOUND');
      if (engine === 'assemble' || (isMissing && !(await isHere(reference, engine, run)))) throw error;
      // What we can't read, a builder may.
      if (!(error instanceof TagboatError)) throw error;
    }
  };
  await Promise.all(
    platforms.flatMap(({ platform, needed }) =>
      needed.stages.flatMap(({ base, stage, platform: own }) =>
        base.is === 'image' ? [missing(base.reference, own ?? platform, dockerfile.place(stage.base.at))] : [],
      ),
    ),
  );
}

/** Whether the machine's own store has it. */
async function isHere(reference: string, engine: string, { world }: ImageRun): Promise<boolean> {
  const [program, args] =
    engine === 'buildah'
      ? (['buildah', ['inspect', '--type', 'image', reference]] as const)
      : (['docker', ['image', 'inspect', reference]] as const);
  const done = await world.exec({ program, args, timeoutMs: 20_000, signal: world.signal }).catch(() => undefined);
  return done?.code === 0;
}
