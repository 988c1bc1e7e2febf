import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { digestOf } from '../wire/oci/digest.ts';
import { mediaTypes, parseManifest, toManifest } from '../wire/oci/manifest.ts';
import type { BlobSource, Descriptor, Digest, ManifestBytes, OciClient } from '../wire/oci/types.ts';

/** What is kept beside an image as an artifact of one layer, whose media type is the artifact's own. */
interface Artifact {
  readonly type: string;
  readonly bytes: Buffer;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Sends an artifact's blobs and answers its manifest (image spec, "Artifact Usage"), which is still to be put. The image
 * is its `subject`, so that what lists or removes what belongs to an image finds it. Throws WireFailure.
 */
export async function sendArtifact(
  client: OciClient,
  repository: string,
  { mediaType, digest, size }: Descriptor,
  { type, bytes, annotations }: Artifact,
): Promise<ManifestBytes> {
  const [own, empty] = [blobOf(bytes), blobOf(Buffer.from('{}'))];
  // It is written once, so that nobody is asked whether it is there.
  await Promise.all([client.pushBlob(repository, own, [], true), client.pushBlob(repository, empty)]);
  return toManifest(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: type,
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: empty.digest, size: empty.size },
    layers: [{ mediaType: type, digest: own.digest, size: own.size }],
    subject: { mediaType, digest, size },
    annotations,
  });
}

/** What an artifact holds, of at most so many bytes; undefined where there is none of the type. Throws WireFailure. */
export async function readArtifact(
  client: OciClient,
  repository: string,
  reference: string | Digest,
  { type, most }: { readonly type: string; readonly most: number },
): Promise<Buffer | undefined> {
  const found = await client.getManifest(repository, reference);
  const manifest = found && parseManifest(found);
  const layer = manifest?.is === 'image' ? manifest.layers.find(({ mediaType }) => mediaType === type) : undefined;
  if (layer === undefined || layer.size > most) return undefined;
  return buffer(await client.getBlob(repository, layer));
}

function blobOf(bytes: Buffer): BlobSource {
  return { digest: digestOf(bytes), size: bytes.byteLength, open: () => Readable.from([bytes]) };
}
