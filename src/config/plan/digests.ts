import { TagboatError } from '../../errors.ts';
import type { PushedImage } from '../../plan/outcome.ts';
import type { DeliveryPlan } from '../../plan.ts';

const placeholder = /\{digest\.([\w-]+)\}/g;

/** Whether a delivery waits for digests that only a push brings. */
export function needsDigests(delivery: DeliveryPlan): boolean {
  return delivery.edits.some(({ value }) => value.search(placeholder) >= 0);
}

/**
 * The delivery with every `{digest.NAME}` replaced by what the registry answered, in its values and in the trailers
 * that tell them. Pure. Throws TEMPLATE_UNRESOLVED for an image that wasn't pushed.
 */
export function resolveDigests(delivery: DeliveryPlan, images: readonly PushedImage[]): DeliveryPlan {
  if (!needsDigests(delivery)) return delivery;
  const fill = (text: string): string =>
    text.replace(placeholder, (_, name: string) => {
      const image = images.find((one) => one.name === name);
      if (image !== undefined) return image.digest;
      const why = `the image ${name} was not pushed in this run`;
      throw new TagboatError('TEMPLATE_UNRESOLVED', {
        where: `deliveries.${delivery.name}`,
        variable: `digest.${name}`,
        why,
      });
    });
  return {
    ...delivery,
    edits: delivery.edits.map((edit) => ({ ...edit, value: fill(edit.value) })),
    message: delivery.message.replace(/^Tagboat-Set: .*$/gm, fill),
  };
}
