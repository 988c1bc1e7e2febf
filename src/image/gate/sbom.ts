import { parseManifest } from '../../wire/oci/manifest.ts';
import type { Digest, OciClient } from '../../wire/oci/types.ts';

/** What lists of an image's contents call themselves (in-toto predicate types). */
const lists = /^https:\/\/(?:spdx\.dev|cyclonedx\.org)\//;

/**
 * Whether an image has a list of what is in it for each of its platforms, as BuildKit puts it into an index: an
 * attestation manifest about the platform's image with an SPDX or CycloneDX statement among its layers. Throws WireFailure.
 */
export async function hasSbom(client: OciClient, repository: string, digest: Digest): Promise<boolean> {
  const found = await client.getManifest(repository, digest);
  const index = found && parseManifest(found);
  if (index?.is !== 'index') return false;
  const about = (key: string) => `vnd.docker.reference.${key}`;
  const isStatement = ({ annotations }: (typeof index.manifests)[number]) =>
    annotations?.[about('type')] === 'attestation-manifest';
  const listed = await Promise.all(
    index.manifests.filter(isStatement).map(async (one) => {
      const bytes = await client.getManifest(repository, one.digest);
      const manifest = bytes && parseManifest(bytes);
      const layers = manifest?.is === 'image' ? manifest.layers : [];
      const isList = layers.some(({ annotations }) => lists.test(annotations?.['in-toto.io/predicate-type'] ?? ''));
      return isList ? one.annotations?.[about('digest')] : undefined;
    }),
  );
  const images = index.manifests.filter((one) => !isStatement(one));
  return images.length > 0 && images.every((image) => listed.includes(image.digest));
}
