import { readBody } from '../http.ts';
import type { TokenScope } from './auth/credential.ts';
import { isWordless } from './blob.ts';
import { digestOf, isDigest } from './digest.ts';
import { mediaTypes, parseObject } from './manifest.ts';
import { drain, type OciRepository, type OciResponse } from './transport.ts';
import type { Descriptor, ManifestBytes } from './types.ts';
import { contentFrom, mismatch, unusable } from './verify.ts';

const maxManifest = 4 * 1024 * 1024;
const accept = Object.values(mediaTypes).join(', ');

function asking(at: OciRepository, reference: string, access: TokenScope['access']) {
  const to = `/v2/${at.name}/manifests/${reference}`;
  return {
    to,
    scopes: [{ repository: at.name, access }],
    headers: { accept },
    expect: [200, 404],
    repeat: true,
  } as const;
}

/** `unclear`: HEAD doesn't tell digest, size or kind, or was refused, which has no words: GET tells. */
export async function headManifest(
  at: OciRepository,
  reference: string,
  access: TokenScope['access'],
): Promise<Descriptor | undefined | 'unclear'> {
  const sent = at.transport.send({ ...asking(at, reference, access), method: 'HEAD' }, async (response) => {
    await drain(response);
    if (response.status === 404) return undefined;
    const { 'docker-content-digest': digest, 'content-length': length = '' } = response.headers;
    const mediaType = mediaTypeOf(response);
    const size = Number(length);
    if (response.status !== 200 || !isDigest(digest) || !(size > 0) || !isManifestType(mediaType)) return 'unclear';
    if (isDigest(reference) && digest !== reference) {
      throw mismatch(reference, contentFrom(response.from, at), digest);
    }
    return { mediaType, digest, size } as const;
  });
  return sent.catch((error: unknown) => {
    if (isWordless(error)) return 'unclear' as const;
    throw error;
  });
}

/** The manifest, its digest verified; undefined where there is none. */
export function getManifest(
  at: OciRepository,
  reference: string,
  access: TokenScope['access'],
): Promise<ManifestBytes | undefined> {
  return at.transport.send({ ...asking(at, reference, access), method: 'GET' }, async (response) => {
    if (response.status === 404) {
      await drain(response);
      return undefined;
    }
    const bytes = await readBody(response, maxManifest);
    const origin = contentFrom(response.from, at);
    const said = mediaTypeOf(response);
    const own = parseObject(bytes)?.mediaType;
    // A file server says `application/json`: then the manifest's own word has to do.
    const mediaType = isManifestType(said) || typeof own !== 'string' ? said : own;
    if (parseObject(bytes) === undefined || !isManifestType(mediaType)) {
      throw unusable(origin, `answered ${said || 'something'} for a manifest`);
    }
    const digest = digestOf(bytes);
    const told = response.headers['docker-content-digest'];
    // Another algorithm's digest can't be checked here; a sha256 one has to be right.
    for (const wanted of [reference, told]) {
      if (isDigest(wanted) && wanted !== digest) throw mismatch(wanted, origin, digest);
    }
    return { mediaType, digest, bytes };
  });
}

/** Answers whether the registry lists it among its subject's referrers: its `OCI-Subject` header says so. */
export function sendManifest(
  at: OciRepository,
  reference: string,
  { mediaType, digest, bytes }: ManifestBytes,
): Promise<boolean> {
  return at.transport.send(
    {
      method: 'PUT',
      to: `/v2/${at.name}/manifests/${reference}`,
      scopes: [{ repository: at.name, access: 'push' }],
      headers: { 'content-type': mediaType },
      body: bytes,
      expect: [200, 201, 202],
      repeat: true,
      idleMs: 180_000,
    },
    async (response) => {
      await drain(response);
      const stored = response.headers['docker-content-digest'];
      if (isDigest(stored) && stored !== digest) {
        throw mismatch(digest, contentFrom(response.from, at), stored);
      }
      return response.headers['oci-subject'] !== undefined;
    },
  );
}

function mediaTypeOf(response: OciResponse): string {
  return (response.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function isManifestType(mediaType: string): boolean {
  return mediaType.startsWith('application/vnd.');
}
