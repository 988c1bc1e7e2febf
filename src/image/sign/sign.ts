import { TagboatError } from '../../errors.ts';
import type { SignPlan } from '../../plan/image.ts';
import { imageName } from '../../plan.ts';
import { peerOf, WireFailure } from '../../wire/failure.ts';
import type { Digest } from '../../wire/oci/types.ts';
import type { Secret } from '../../wire/secret.ts';
import type { ImageJob } from '../job.ts';
import { toRegistry } from '../registry.ts';
import { attachBundle, isSignedBy } from './referrer.ts';
import { signerOf } from './signature.ts';

/** Who signs: a token of an OpenID Connect issuer that Fulcio trusts, for its audience. */
export type SigningIdentity = (audience: string) => Promise<Secret>;

export interface Signing {
  readonly sign: SignPlan;
  readonly digest: Digest;
  /** It was in the registry before this run: a signature of this job's identity that is there is enough. */
  readonly reused: boolean;
  readonly identity: SigningIdentity;
}

/**
 * Signs what a digest names and keeps the signature beside it, as cosign's and policy controllers' `verify` expect it:
 * keyless, with a certificate of Fulcio's for the job's identity and an entry in Rekor's log. Throws SIGN_FAILED, the
 * registry's errors, and those of who hands out the identity.
 */
export async function signImage({ run, image, target }: ImageJob, signing: Signing): Promise<void> {
  const { world, emit } = run;
  const { digest, reused } = signing;
  const subject = `${image.name} signature`;
  const start = world.clock.now();
  const told = (message: string) => {
    const seconds = (world.clock.now() - start) / 1_000;
    emit({ type: 'step.finished', stage: 'build', subject, message, seconds });
  };
  emit({ type: 'step.started', stage: 'build', subject, message: `Signing ${imageName(image)}` });
  const { registry, repository } = target;
  await toRegistry(registry, repository, async () => {
    const descriptor = await registry.client.headManifest(repository, digest);
    if (descriptor === undefined) throw new TagboatError('PUSH_UNCONFIRMED', { reference: imageName(image) });
    const token = await signing.identity('sigstore');
    const signer = reused ? signerOf(token) : undefined;
    if (signer !== undefined && (await isSignedBy(registry.client, repository, digest, signer))) {
      return told(`${image.name} is signed already`);
    }
    // Loaded only where something is signed.
    const { bundleOf } = await import('./bundle.ts');
    const bundle = await bundleOf(world, digest, token, signing.sign).catch((cause: unknown) => {
      world.signal.throwIfAborted();
      if (!(cause instanceof WireFailure)) throw cause;
      const peer = { ...peerOf(cause), text: [cause.message, cause.peerText].filter(Boolean).join('\n') };
      throw new TagboatError('SIGN_FAILED', { image: image.name }, { peer, cause });
    });
    await attachBundle(registry.client, repository, descriptor, bundle);
    told(`Signed ${image.name}, ${digest}`);
  });
}
