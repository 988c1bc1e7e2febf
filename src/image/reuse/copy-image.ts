import { Readable } from 'node:stream';
import { WireFailure } from '../../wire/failure.ts';
import { parseManifest } from '../../wire/oci/manifest.ts';
import type { BlobSource, Descriptor, ManifestBytes } from '../../wire/oci/types.ts';
import { allInParallel } from '../parallel.ts';
import { blobsOf, type Registry, toRegistry } from '../registry.ts';

const blobsAtOnce = 4;

/**
 * Makes an image of one repository one of another in the same registry, everything an index lists included. Layers are
 * mounted where the registry can, else sent. Throws the registry's errors.
 */
export async function copyImage(
  registry: Registry,
  manifest: ManifestBytes,
  from: string,
  to: { readonly repository: string; readonly tag: string },
): Promise<void> {
  const { client } = registry;
  const { repository } = to;
  const copy = async (one: ManifestBytes, reference: string): Promise<void> => {
    const parsed = parseManifest(one);
    if (parsed.is === 'index') {
      for (const { digest } of parsed.manifests) {
        const child = await client.getManifest(from, digest);
        if (child === undefined) throw new WireFailure('malformed', digest, { message: `${from} lacks ${digest}` });
        await copy(child, digest);
      }
    } else {
      await allInParallel(blobsOf(parsed), blobsAtOnce, (blob) =>
        client.pushBlob(repository, blobOf(registry, from, blob), [from]),
      );
    }
    await client.putManifest(repository, reference, one);
  };
  await toRegistry(registry, repository, () => copy(manifest, to.tag));
}

function blobOf({ client }: Registry, repository: string, { digest, size }: Descriptor): BlobSource {
  const read = async function* () {
    yield* await client.getBlob(repository, { digest, size });
  };
  return { digest, size, open: () => Readable.from(read()) };
}
