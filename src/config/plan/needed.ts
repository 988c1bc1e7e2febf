import type { CommitOutcome, SkippedImage } from '../../plan/outcome.ts';
import { type DeliveryPlan, type ImagePlan, imageName } from '../../plan.ts';
import { waitsFor } from './digests.ts';

/** A delivery that ends before anything is built for it. */
export type Superseded = Extract<CommitOutcome, { is: 'superseded' }>;

/**
 * The images that nobody is waiting for any more: some deliveries take them, and all of those are superseded. An image
 * that no delivery names is built for its own sake, or goes by a name that only its users know. Pure.
 */
export function skippedImages(
  images: readonly ImagePlan[],
  deliveries: readonly DeliveryPlan[],
  superseded: readonly Superseded[],
): SkippedImage[] {
  return images.flatMap((image) => {
    const takers = deliveries.filter((delivery) => takes(delivery, image));
    const ends = takers.map(({ name }) => superseded.find(({ delivery }) => delivery === name));
    if (ends.length === 0 || !ends.every((end) => end !== undefined)) return [];
    const named = ends.map(({ delivery, by }) => `${delivery} by ${by.slice(0, 12)}`).join(', ');
    const why = `Whatever would take it is superseded: ${named}.`;
    return [{ is: 'skipped', name: image.name, reference: imageName(image), why }];
  });
}

/** By its tag, which images of one commit share, by another tag of its own, or by what is known of it later. */
function takes({ edits }: DeliveryPlan, { name, tag, tags = [], from }: ImagePlan): boolean {
  return edits.some(
    ({ value }) =>
      (from === undefined && value.includes(tag)) ||
      waitsFor(value, name) ||
      // Short ones (`1`) stand in many a value by chance.
      tags.some((one) => value === one || value.endsWith(`:${one}`)),
  );
}
