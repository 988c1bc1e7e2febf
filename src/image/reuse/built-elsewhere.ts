import { isError, TagboatError } from '../../errors.ts';
import type { PushedImage } from '../../plan/outcome.ts';
import type { ImagePlan } from '../../plan.ts';
import { parseReference } from '../../wire/oci/reference.ts';
import { findBase } from '../base/base.ts';
import { baseRegistry } from '../base/mirror.ts';
import { readPlatform } from '../platform.ts';
import { atRegistry } from '../registry.ts';
import type { ImageRun } from '../run.ts';

/** Why such an image isn't built, as a sentence. */
export const elsewhere = 'It was built elsewhere.';

/**
 * An image that something else built and pushed, by its digest as its registry has it now: once a run, so that what was
 * checked is what is delivered. Throws IMAGE_NOT_FOUND, IMAGE_PLATFORM_MISSING, and the registry's errors.
 */
export function findBuilt(run: ImageRun, image: ImagePlan & { readonly from: string }): Promise<PushedImage> {
  return run.once(`built elsewhere ${image.name} ${image.from}`, () => find(run, image));
}

async function find(run: ImageRun, { from, ...image }: ImagePlan & { readonly from: string }): Promise<PushedImage> {
  const { name, platforms } = image;
  const parsed = parseReference(from);
  const missing = () => new TagboatError('IMAGE_NOT_FOUND', { image: name, reference: from });
  if (parsed === undefined) throw missing();
  const { host, repository, tag = 'latest' } = parsed;
  const registry = await baseRegistry(run, image, host);
  const which = parsed.digest ?? tag;
  const found = await atRegistry(registry, repository, which, () => registry.client.headManifest(repository, which));
  if (found === undefined) throw missing();
  const { digest } = found;
  const look = (platform: string) => {
    const place = { file: 'tagboat.yaml' };
    const request = { platform: readPlatform(platform), implicit: false, place, registryFor: async () => registry };
    return findBase({ ...request, reference: `${host}/${repository}@${digest}` }).catch((error: unknown) => {
      if (isError(error, 'BASE_NOT_FOUND')) throw missing();
      if (!isError(error, 'BASE_PLATFORM_MISSING')) throw error;
      const { available } = error.data;
      throw new TagboatError('IMAGE_PLATFORM_MISSING', { image: name, reference: from, platform, available });
    });
  };
  await Promise.all(platforms.map(look));
  return { name, reference: from.replace(/@.*$/, ''), digest };
}
