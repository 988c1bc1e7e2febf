import { createHash, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { bundleFromJSON } from '@sigstore/bundle';
import {
  fulcioHandler,
  type HandlerFn,
  initializeCA,
  initializeCTLog,
  initializeTLog,
  rekorHandler,
} from '@sigstore/mock';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';

/** A certificate authority and a log on loopback, by sigstore's own stand-ins, and sigstore's verifier that trusts them. */
export interface Sigstore {
  readonly url: string;
  /** Paths asked for so far. */
  readonly asked: readonly string[];
  /** What the verifier trusts, as trusted_root.json has it. */
  readonly root: unknown;
  /** Answers whose signature a bundle is; throws what the verifier throws. */
  verify(bundle: unknown): { readonly subject: string | undefined };
  close(): Promise<void>;
}

export async function startSigstore(options: { readonly refuse?: boolean } = {}): Promise<Sigstore> {
  const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const handlers = new Map<string, HandlerFn>();
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const handler = options.refuse === true ? undefined : handlers.get(path);
    const body = await text(request);
    const made = await handler?.(body);
    response.writeHead(made?.statusCode ?? 403, { 'content-type': made?.contentType ?? 'text/plain' });
    response.end(made === undefined ? 'no' : made.response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ctlog = await initializeCTLog(pair());
  const [ca, tlog] = await Promise.all([initializeCA(pair(), ctlog), initializeTLog(url, pair())]);
  const [certificates, entries] = [fulcioHandler(ca), rekorHandler(tlog)];
  handlers.set(certificates.path, certificates.fn);
  handlers.set(entries.path, (body) => entries.fn(canonical(body)));

  const from = { start: new Date(Date.now() - 3_600_000) };
  // PKIX_ECDSA_P256_SHA_256 and SHA2_256, by their numbers in sigstore's protobuf-specs.
  const log = (publicKey: Buffer, keyId: Buffer) => ({
    baseUrl: url,
    logId: { keyId },
    hashAlgorithm: 1,
    publicKey: { rawBytes: publicKey, keyDetails: 5, validFor: from },
    checkpointKeyId: undefined,
    operator: 'the test',
  });
  const root = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    certificateAuthorities: [
      {
        subject: { commonName: 'sigstore', organization: 'sigstore.mock' },
        uri: url,
        certChain: { certificates: [{ rawBytes: Buffer.from(ca.rootCertificate.buffer) }] },
        validFor: from,
        operator: 'the test',
      },
    ],
    tlogs: [log(tlog.publicKey, createHash('sha256').update(tlog.publicKey).digest())],
    ctlogs: [log(ctlog.publicKey, Buffer.from(ctlog.logID.buffer))],
    timestampAuthorities: [],
  } as unknown as Parameters<typeof toTrustMaterial>[0];
  const verifier = new Verifier(toTrustMaterial(root));
  return {
    url,
    asked,
    root: TrustedRoot.toJSON(root as unknown as TrustedRoot),
    verify: (bundle) => {
      const signer = verifier.verify(toSignedEntity(bundleFromJSON(bundle)));
      return { subject: signer.identity?.subjectAlternativeName };
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** What Rekor makes of a proposed `dsse` entry before it logs it: signatures and hashes. The stand-in logs what it is given. */
function canonical(body: string): string {
  const entry = JSON.parse(body) as {
    kind: string;
    spec: { proposedContent?: { envelope: string; verifiers: string[] } };
  };
  const proposed = entry.spec.proposedContent;
  if (entry.kind !== 'dsse' || proposed === undefined) return body;
  const envelope = JSON.parse(proposed.envelope) as { payload: string; signatures: { sig: string }[] };
  const sha256 = (bytes: string | Buffer) => ({
    algorithm: 'sha256',
    value: createHash('sha256').update(bytes).digest('hex'),
  });
  const spec = {
    signatures: envelope.signatures.map(({ sig }, at) => ({ signature: sig, verifier: proposed.verifiers[at] })),
    envelopeHash: sha256(proposed.envelope),
    payloadHash: sha256(Buffer.from(envelope.payload, 'base64')),
  };
  return JSON.stringify({ ...entry, spec });
}

/** A token of an issuer, unsigned: the stand-in reads it and believes it. */
export function idToken(subject: string, more: Readonly<Record<string, string>> = {}): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ iss: 'https://issuer.example.test', sub: subject, aud: 'sigstore', ...more })}.x`;
}
