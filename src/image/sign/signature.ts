import { verify, X509Certificate } from 'node:crypto';
import { parseObject } from '../../wire/oci/manifest.ts';
import type { Digest } from '../../wire/oci/types.ts';
import type { Secret } from '../../wire/secret.ts';
import { tokenClaims } from '../../wire/text/token.ts';

/** Who a job is to Fulcio, as far as certificates tell it again. */
export interface Signer {
  readonly issuer: string;
  /** Whatever Fulcio may make the certificate's name of, issuer by issuer (fulcio, docs/oidc.md). */
  readonly names: readonly string[];
  /** What else says under which branch the job runs, by the certificate extension that has it. */
  readonly extensions: ReadonlyMap<Oid, string>;
}

type Oid = keyof typeof oids;

// Of 1.3.6.1.4.1.57264.1, Fulcio's own (docs/oid-info.md); the last part.
const oids = { issuerV1: 1, issuer: 8, repository: 12, ref: 14 } as const;

/** The signer that a token makes of its job; undefined when it is no token that can be read. */
export function signerOf(token: Secret): Signer | undefined {
  const claims = tokenClaims(token.reveal()) ?? {};
  const claim = (name: string) => (typeof claims[name] === 'string' ? claims[name] : undefined);
  const issuer = claim('iss');
  if (issuer === undefined) return undefined;
  const workflow = claim('job_workflow_ref');
  const pipeline = claim('ci_config_ref_uri');
  const repository = claim('repository');
  const ref = claim('ref');
  const extensions = new Map<Oid, string>();
  // A workflow that others call has one name for all its callers: their repository and branch stand beside it.
  if (workflow !== undefined && repository !== undefined)
    extensions.set('repository', `https://github.com/${repository}`);
  if (workflow !== undefined && ref !== undefined) extensions.set('ref', ref);
  const names = [
    claim('sub'),
    claim('email'),
    workflow && `https://github.com/${workflow}`,
    pipeline && `https://${pipeline}`,
  ].filter((name) => name !== undefined);
  return { issuer, names, extensions };
}

/**
 * Whether a bundle is this signer's signature over a digest: its statement names the digest, its certificate the signer,
 * and the certificate's key made the signature. Whether Fulcio gave the certificate is for a verifier to tell, which has
 * its roots; a false one costs its maker's own registry a signature that nobody accepts.
 */
export function isSignatureOf(bundle: Uint8Array, digest: Digest, signer: Signer): boolean {
  try {
    const { verificationMaterial, dsseEnvelope } = parseObject(bundle) as unknown as Bundle;
    const raw =
      verificationMaterial.certificate?.rawBytes ??
      verificationMaterial.x509CertificateChain?.certificates[0]?.rawBytes;
    const certificate = new X509Certificate(Buffer.from(raw ?? '', 'base64'));
    const payload = Buffer.from(dsseEnvelope.payload, 'base64');
    const { subject } = JSON.parse(payload.toString()) as { subject: { digest: Record<string, string> }[] };
    // DSSE's pre-authentication encoding.
    const head = `DSSEv1 ${dsseEnvelope.payloadType.length} ${dsseEnvelope.payloadType} ${payload.length} `;
    const signed = Buffer.concat([Buffer.from(head), payload]);
    return (
      verificationMaterial.tlogEntries.length > 0 &&
      subject.some((one) => one.digest.sha256 === digest.slice('sha256:'.length)) &&
      isNamed(certificate, signer) &&
      dsseEnvelope.signatures.some(({ sig }) =>
        verify('sha256', signed, certificate.publicKey, Buffer.from(sig, 'base64')),
      )
    );
  } catch {
    // Whatever it is, it is no signature.
    return false;
  }
}

/** The parts of a sigstore bundle (protobuf-specs, as JSON) that are looked at. */
interface Bundle {
  readonly verificationMaterial: {
    readonly certificate?: { readonly rawBytes: string };
    readonly x509CertificateChain?: { readonly certificates: readonly { readonly rawBytes: string }[] };
    readonly tlogEntries: readonly unknown[];
  };
  readonly dsseEnvelope: {
    readonly payload: string;
    readonly payloadType: string;
    readonly signatures: readonly { readonly sig: string }[];
  };
}

function isNamed({ subjectAltName = '', raw }: X509Certificate, { issuer, names, extensions }: Signer): boolean {
  const isOurs = names.some((name) =>
    // Node quotes a name with a comma and the like in it.
    ['URI', 'email'].some((kind) => [`${kind}:${name}`, `${kind}:${JSON.stringify(name)}`].includes(subjectAltName)),
  );
  if (!isOurs || (extensionIn(raw, 'issuer') ?? extensionIn(raw, 'issuerV1')) !== issuer) return false;
  return [...extensions].every(([oid, value]) => extensionIn(raw, oid) === value);
}

/** An extension's text: a UTF8String, or the bare bytes of Fulcio's first ones. Undefined when there is none. */
function extensionIn(certificate: Buffer, name: Oid): string | undefined {
  // The identifier 1.3.6.1.4.1.57264.1.N in DER.
  const oid = Buffer.from([0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x01, oids[name]]);
  const at = certificate.indexOf(oid);
  if (at < 0) return undefined;
  const rest = certificate.subarray(at + oid.length);
  // `critical` may stand between.
  const octets = valueIn(rest[0] === 0x01 ? rest.subarray(3) : rest, 0x04);
  return octets && (name === 'issuerV1' ? octets : valueIn(octets, 0x0c))?.toString();
}

/** The value of a DER element of this kind. */
function valueIn(der: Buffer, kind: number): Buffer | undefined {
  const [tag, first = 0] = der;
  if (tag !== kind) return undefined;
  if (first < 0x80) return der.subarray(2, 2 + first);
  const digits = first & 0x7f;
  const length = der.readUIntBE(2, digits);
  return der.subarray(2 + digits, 2 + digits + length);
}
