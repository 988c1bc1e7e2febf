import type { Place } from '../../errors.ts';
import type { ImagePlan } from '../../plan.ts';
import { parseReference, showReference } from '../../wire/oci/reference.ts';
import { type Base, findBase } from '../base/base.ts';
import { baseRegistry } from '../base/mirror.ts';
import { Undecided } from '../fingerprint/undecided.ts';
import { readPlatform, showPlatform } from '../platform.ts';
import { atRegistry } from '../registry.ts';
import type { ImageRun, Once } from '../run.ts';

/**
 * The digest that an image's name means now: its index's, where it has several platforms. Asked `once`, by a request
 * that no registry counts as a pull. Throws Undecided when there is no such image, and the registry's errors.
 */
export async function baseDigest(reference: string, image: ImagePlan, run: ImageRun, once: Once): Promise<string> {
  const parsed = parseReference(reference);
  if (parsed === undefined) throw new Undecided(`${reference} is no image name`);
  if (parsed.digest !== undefined) return parsed.digest;
  const { host, repository, tag = 'latest' } = parsed;
  return once(`digest ${reference}`, async () => {
    const registry = await baseRegistry(run, image, host);
    const found = await atRegistry(registry, repository, tag, () => registry.client.headManifest(repository, tag));
    if (found === undefined) throw new Undecided(`the base image ${showReference(parsed)} isn't in its registry`);
    return found.digest;
  });
}

/** A base image's config for a platform, found once a run. Throws what findBase does. */
export function baseOf(
  reference: string,
  platform: string,
  image: ImagePlan,
  run: ImageRun,
  place: Place,
): Promise<Base> {
  const parts = readPlatform(platform);
  const implicit = image.platforms.length === 0;
  return run.once(`base ${reference} ${showPlatform(parts)} ${implicit}`, () => {
    const registryFor = (host: string) => baseRegistry(run, image, host);
    return findBase({ reference, platform: parts, implicit, place, registryFor });
  });
}
