import { Readable } from 'node:stream';
import { WireFailure } from '../../wire/failure.ts';
import { digestOf } from '../../wire/oci/digest.ts';
import { mediaTypes, parseManifest, toManifest } from '../../wire/oci/manifest.ts';
import type { BlobSource, Descriptor, Digest, OciClient } from '../../wire/oci/types.ts';
import { isSignatureOf, type Signer } from './signature.ts';

/** Says that this is a signature over an image, and nothing about it besides (cosign's own type, from version 3 on). */
export const predicateType = 'https://sigstore.dev/cosign/sign/v1';

const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const predicateKey = 'dev.sigstore.bundle.predicateType';
const emptyConfig = { mediaType: 'application/vnd.oci.empty.v1+json', bytes: Buffer.from('{}') };

// More signatures by others than these are not looked through for ours.
const mostRead = 32;
const mostBundle = 1024 * 1024;

/**
 * Whether a manifest is signed by this signer already. Each bundle that refers to it is read: one that is somebody else's,
 * of another branch say, is no signature of this job's. What can't be read is none.
 */
export async function isSignedBy(
  client: OciClient,
  repository: string,
  digest: Digest,
  signer: Signer,
): Promise<boolean> {
  try {
    for await (const bundle of bundlesOf(client, repository, digest)) {
      if (isSignatureOf(bundle, digest, signer)) return true;
    }
    return false;
  } catch (error) {
    unreadable(error);
    return false;
  }
}

/** The signatures kept beside a manifest, the newest first, as far as they can be read. Throws WireFailure. */
export async function* bundlesOf(client: OciClient, repository: string, digest: Digest): AsyncGenerator<Buffer> {
  const referrers = await client.referrers(repository, digest);
  const bundles = referrers.filter(({ artifactType }) => artifactType === bundleType);
  // The newest stand at the end.
  for (const { digest: artifact } of bundles.slice(-mostRead).reverse()) {
    const bundle = await readBundle(client, repository, artifact).catch(unreadable);
    if (bundle !== undefined) yield bundle;
  }
}

async function readBundle(client: OciClient, repository: string, artifact: Digest): Promise<Buffer | undefined> {
  const found = await client.getManifest(repository, artifact);
  const manifest = found && parseManifest(found);
  const layer = manifest?.is === 'image' ? manifest.layers[0] : undefined;
  if (layer === undefined || layer.mediaType !== bundleType || layer.size > mostBundle) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of await client.getBlob(repository, layer)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A registry's failure answers nothing; all else is thrown on. */
function unreadable(error: unknown): undefined {
  if (!(error instanceof WireFailure)) throw error;
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
