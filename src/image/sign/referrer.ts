import { Readable } from 'node:stream';
import { digestOf } from '../../wire/oci/digest.ts';
import { mediaTypes, toManifest } from '../../wire/oci/manifest.ts';
import type { BlobSource, Descriptor, Digest, OciClient } from '../../wire/oci/types.ts';

/** Says that this is a signature over an image, and nothing about it besides (cosign's own type, from version 3 on). */
export const predicateType = 'https://sigstore.dev/cosign/sign/v1';

const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const predicateKey = 'dev.sigstore.bundle.predicateType';
const emptyConfig = { mediaType: 'application/vnd.oci.empty.v1+json', bytes: Buffer.from('{}') };

/** Whether some signature of this kind refers to the manifest. Whose it is, a verifier has to tell. */
export async function isSigned(client: OciClient, repository: string, digest: Digest): Promise<boolean> {
  return (await client.referrers(repository, digest)).some(
    ({ artifactType, annotations }) => artifactType === bundleType && annotations?.[predicateKey] === predicateType,
  );
}

/**
 * Keeps a bundle beside the manifest it is about (cosign's BUNDLE_SPEC): an artifact with the manifest as its `subject`.
 */
export async function attachBundle(
  client: OciClient,
  repository: string,
  subject: Descriptor,
  bundle: Buffer,
): Promise<void> {
  const annotations = { 'dev.sigstore.bundle.content': 'dsse-envelope', [predicateKey]: predicateType };
  const layer = describe(bundleType, bundle);
  const config = describe(emptyConfig.mediaType, emptyConfig.bytes);
  await client.pushBlob(repository, blobOf(bundle));
  await client.pushBlob(repository, blobOf(emptyConfig.bytes));
  const { mediaType, digest, size } = subject;
  const artifact = toManifest(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: bundleType,
    config,
    layers: [layer],
    subject: { mediaType, digest, size },
    annotations,
  });
  await client.putManifest(repository, artifact.digest, artifact);
}

function describe(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
}

function blobOf(bytes: Buffer): BlobSource {
  return { digest: digestOf(bytes), size: bytes.byteLength, open: () => Readable.from([bytes]) };
}
