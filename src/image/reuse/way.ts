import type { Emit } from '../../events.ts';
import type { ImagePlan } from '../../plan.ts';
import type { World } from '../../wire/world.ts';
import type { BuildLog } from '../engine/log.ts';
import type { BuildContext } from '../shelves.ts';

/** One image's way through a run. */
export interface Way {
  readonly world: World;
  readonly emit: Emit;
  readonly image: ImagePlan;
  readonly context: BuildContext;
  readonly log: BuildLog;
}

/** Tells a person something about the image. */
export function tell({ emit, image }: Way, level: 'info' | 'warning', message: string): void {
  emit({ type: 'notice', level, stage: 'build', message: `${image.name}: ${message}` });
}
