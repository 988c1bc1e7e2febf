import { reportOf } from '../../errors.ts';
import type { CommitPreview, ImagePreview } from '../../plan.ts';
import { prepare } from '../prepare.ts';
import { oneLine, padTo } from '../printable.ts';
import type { CommonOptions } from '../program.ts';
import type { Body } from '../session.ts';
import { withStages } from '../stages.ts';

/** `tagboat plan`: what `ship` would build or reuse, and the exact diff it would commit. Writes nothing anywhere. */
export function plan(options: CommonOptions): Body {
  return async (session) => {
    const prepared = await prepare(session, options);
    const { images, deliveries } = prepared.plan;
    return withStages(session, prepared.plan, async (stages) => {
      const [imageResults, deliveryResults] = await Promise.all([
        Promise.allSettled(images.map(stages.checkImage)),
        Promise.allSettled(deliveries.map(stages.checkDelivery)),
      ]);
      session.world.signal.throwIfAborted();
      const found = imageResults.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      for (const image of found) session.say((colors) => lineOf(image, colors.dim));
      const previews: CommitPreview[] = [];
      for (const result of deliveryResults) {
        if (result.status === 'rejected') continue;
        previews.push(result.value);
        session.emit({ type: 'commit.previewed', delivery: result.value.delivery, preview: result.value });
        session.print(result.value.diff);
      }
      const errors = [...imageResults, ...deliveryResults].flatMap((result) =>
        result.status === 'rejected' ? [reportOf(result.reason)] : [],
      );
      return { errors, value: { images: found, deliveries: previews } };
    });
  };
}

function lineOf(image: ImagePreview, dim: (text: string) => string): string {
  const how = image.is === 'reused' ? 'would be reused' : `would be built with ${image.engine}`;
  return `~ ${padTo(10, oneLine(image.name))}  ${how}  ${dim(oneLine(image.why))}\n${' '.repeat(14)}${image.reference}`;
}
