import { bundleToJSON } from '@sigstore/bundle';
import { DSSEBundleBuilder } from '@sigstore/sign';
import type { SignPlan } from '../../plan/image.ts';
import type { Digest } from '../../wire/oci/types.ts';
import type { Secret } from '../../wire/secret.ts';
import type { World } from '../../wire/world.ts';
import { fulcioSigner } from './fulcio.ts';
import { predicateType } from './referrer.ts';
import { rekorWitness } from './rekor.ts';

/**
 * A sigstore bundle (v0.3, as JSON) over an in-toto statement with this digest as its subject: signed with a key that
 * exists for this one signature, certified for the token's identity, and logged. Throws WireFailure.
 */
export async function bundleOf(
  world: World,
  digest: Digest,
  token: Secret,
  { fulcio, rekor }: SignPlan,
): Promise<Buffer> {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: digest.slice('sha256:'.length) } }],
    predicateType,
    predicate: {},
  };
  const builder = new DSSEBundleBuilder({
    signer: fulcioSigner(world, fulcio, token),
    witnesses: [rekorWitness(world, rekor)],
  });
  const bundle = await builder.create({
    data: Buffer.from(JSON.stringify(statement)),
    type: 'application/vnd.in-toto+json',
  });
  return Buffer.from(JSON.stringify(bundleToJSON(bundle)));
}
