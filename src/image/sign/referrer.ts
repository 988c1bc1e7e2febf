import { WireFailure } from '../../wire/failure.ts';
import type { Descriptor, Digest, OciClient } from '../../wire/oci/types.ts';
import { readArtifact, sendArtifact } from '../artifact.ts';
import { isSignatureOf, type Signer } from './signature.ts';

/** Says that this is a signature over an image, and nothing about it besides (cosign's own type, from version 3 on). */
export const predicateType = 'https://sigstore.dev/cosign/sign/v1';

const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const predicateKey = 'dev.sigstore.bundle.predicateType';

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
    const wanted = { type: bundleType, most: mostBundle };
    const bundle = await readArtifact(client, repository, artifact, wanted).catch(unreadable);
    if (bundle !== undefined) yield bundle;
  }
}

/** A registry's failure answers nothing; all else is thrown on. */
function unreadable(error: unknown): undefined {
  if (!(error instanceof WireFailure)) throw error;
}

/** Keeps a bundle beside the manifest it is about (cosign's BUNDLE_SPEC). */
export async function attachBundle(
  client: OciClient,
  repository: string,
  subject: Descriptor,
  bundle: Buffer,
): Promise<void> {
  const annotations = { 'dev.sigstore.bundle.content': 'dsse-envelope', [predicateKey]: predicateType };
  const artifact = await sendArtifact(client, repository, subject, { type: bundleType, bytes: bundle, annotations });
  await client.putManifest(repository, artifact.digest, artifact);
}
