import type { ImageNotice } from '../events/notices.ts';
import { emitNotice } from '../events.ts';
import type { ImagePlan } from '../plan.ts';
import { type BuildLog, createBuildLog } from './build-log.ts';
import type { Destination } from './registry.ts';
import type { ImageRun } from './run.ts';

/** One image of a run: all that its way from the first question to the signature needs. */
export interface ImageJob {
  readonly run: ImageRun;
  readonly image: ImagePlan;
  readonly target: Destination;
  readonly log: BuildLog;
  /** The tag is one for the time of the build: only what comes out tells the image's own. */
  readonly isProvisional?: boolean;
  /** Tells a person something about the image. */
  readonly tell: (level: 'info' | 'warning', code: ImageNotice, message: string) => void;
}

/** Opens an image's job. Asks nothing of anybody yet. */
export function openJob(run: ImageRun, image: ImagePlan): ImageJob {
  const { emit } = run;
  const registry = run.registry(image.registry);
  // What something else builds is only read.
  if (image.from === undefined) registry.client.writesTo(image.repository);
  return {
    run,
    image,
    target: { registry, repository: image.repository, tag: image.tag },
    log: createBuildLog((line) => emit({ type: 'image.log', image: image.name, line })),
    tell: (level, code, message) =>
      emitNotice(emit, level, 'build', code, { image: image.name }, `${image.name}: ${message}`),
  };
}
