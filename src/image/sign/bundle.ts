import { bundleToJSON } from '@sigstore/bundle';
import { DSSEBundleBuilder, FulcioSigner, RekorWitness } from '@sigstore/sign';
import type { SignPlan } from '../../plan/image.ts';
import type { Digest } from '../../wire/oci/types.ts';
import type { Secret } from '../../wire/secret.ts';
import { predicateType } from './referrer.ts';

/** Milliseconds that Fulcio and Rekor have for an answer. */
const timeout = 20_000;
const retries = 2;

/**
 * A sigstore bundle (v0.3, as JSON) over an in-toto statement with this digest as its subject: signed with a key that
 * exists for this one signature, certified for the token's identity, and logged. Rejects with sigstore's own errors.
 */
export async function bundleOf(digest: Digest, token: Secret, { fulcio, rekor }: SignPlan): Promise<Buffer> {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: digest.slice('sha256:'.length) } }],
    predicateType,
    predicate: {},
  };
  const reach = { timeout, retry: retries };
  const signer = new FulcioSigner({
    ...reach,
    fulcioBaseURL: fulcio,
    identityProvider: { getToken: async () => token.reveal() },
  });
  const witnesses = [new RekorWitness({ ...reach, rekorBaseURL: rekor, entryType: 'dsse' })];
  const builder = new DSSEBundleBuilder({ signer, witnesses });
  const bundle = await builder.create({
    data: Buffer.from(JSON.stringify(statement)),
    type: 'application/vnd.in-toto+json',
  });
  return Buffer.from(JSON.stringify(bundleToJSON(bundle)));
}
