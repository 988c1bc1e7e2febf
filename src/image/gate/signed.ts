import { readFile } from 'node:fs/promises';
import { TagboatError } from '../../errors.ts';
import type { RequiredSignature } from '../../plan/image.ts';
import { parseObject } from '../../wire/oci/manifest.ts';
import type { Digest, OciClient } from '../../wire/oci/types.ts';
import { starPattern } from '../../wire/text/pattern.ts';
import { bundlesOf } from '../sign/referrer.ts';

/**
 * Why an image is not signed as it has to be, as a piece of a sentence; undefined when it is. Each bundle kept beside it
 * is held against the trusted root, the issuer and the subject by sigstore's own verifier, and has to be about the
 * image's digest. Throws TRUST_ROOT_UNREADABLE, WireFailure.
 */
export async function whyUnsigned(
  client: OciClient,
  repository: string,
  digest: Digest,
  required: RequiredSignature,
): Promise<string | undefined> {
  const [verifier, { bundleFromJSON }, { toSignedEntity }] = await Promise.all([
    verifierOf(required),
    import('@sigstore/bundle'),
    import('@sigstore/verify'),
  ]);
  const policy = {
    subjectAlternativeName: starPattern(required.subject).source,
    extensions: { issuer: required.issuer },
  };
  let refused: string | undefined;
  for await (const bytes of bundlesOf(client, repository, digest)) {
    try {
      const bundle = bundleFromJSON(parseObject(bytes));
      verifier.verify(toSignedEntity(bundle), policy);
      if (bundle.content.$case === 'dsseEnvelope' && isAbout(bundle.content.dsseEnvelope.payload, digest))
        return undefined;
      refused ??= 'a signature beside it is about something else';
    } catch (error) {
      // Whatever the verifier says of a bundle that anybody may have put there: it is none.
      refused = `a signature beside it is refused: ${error instanceof Error ? error.message : 'it is none'}`;
    }
  }
  return refused ?? 'no signature is kept beside it';
}

/** Sigstore's verifier for a trusted root (sigstore's trusted_root.json). Throws TRUST_ROOT_UNREADABLE. */
export async function verifierOf({ trustRoot }: RequiredSignature) {
  const [{ TrustedRoot }, { toTrustMaterial, Verifier }] = await Promise.all([
    import('@sigstore/protobuf-specs'),
    import('@sigstore/verify'),
  ]);
  try {
    const root = TrustedRoot.fromJSON(JSON.parse(await readFile(trustRoot, 'utf8')));
    if (root.certificateAuthorities.length === 0) throw new Error('it names no certificate authority');
    return new Verifier(toTrustMaterial(root));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? "it isn't there" : (code ?? message);
    throw new TagboatError('TRUST_ROOT_UNREADABLE', { file: trustRoot, reason });
  }
}

/** Whether an in-toto statement names the digest as its subject: the signature's own digest is that of the statement. */
function isAbout(payload: Uint8Array, digest: Digest): boolean {
  const { subject } = parseObject(payload) ?? {};
  const sha256 = digest.slice('sha256:'.length);
  return (
    Array.isArray(subject) &&
    subject.some((one: { digest?: { sha256?: unknown } } | null) => one?.digest?.sha256 === sha256)
  );
}
