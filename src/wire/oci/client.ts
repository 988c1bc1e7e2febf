import { shownUrl, WireFailure } from '../failure.ts';
import { type Http, readBody } from '../http.ts';
import type { Secret } from '../secret.ts';
import type { Clock } from '../world.ts';
import { createOciAuth } from './auth/auth.ts';
import type { TokenScope } from './auth/credential.ts';
import { getBlob, headBlob, isWordless } from './blob.ts';
import { digestOf, isDigest } from './digest.ts';
import { OciFailure } from './failure.ts';
import { mediaTypes, parseObject } from './manifest.ts';
import { endpointOf } from './reference.ts';
import { listReferrers } from './referrers.ts';
import { beginUpload, cancelUpload } from './session.ts';
import { createOciTransport, drain, type OciResponse, type OciTransport } from './transport.ts';
import type { BlobPush, Descriptor, ManifestBytes, OciClient } from './types.ts';
import { pushBlob } from './upload.ts';
import { mismatch } from './verify.ts';

export interface OciClientOptions {
  readonly http: Http;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Host and port as in image names; Docker Hub's is `docker.io`. */
  readonly host: string;
  /** Plain HTTP. */
  readonly insecure: boolean;
  /** Asked when the registry first wants credentials, and again when it refuses them. Undefined: anonymous. */
  readonly credential: () => Promise<{ readonly username: string; readonly password: Secret } | undefined>;
  readonly mask: (secret: string) => void;
  /** Blobs up to this size go in one request, larger ones in chunks of it. Default 64 MiB. */
  readonly chunkBytes?: number;
  /** Tries of one request, the first included. Default 5. */
  readonly maxTries?: number;
}

const maxManifest = 4 * 1024 * 1024;
const accept = Object.values(mediaTypes).join(', ');

/** A client for one registry. It may be used for many requests at once; the same blob is never sent twice at a time. */
export function createOciClient(options: OciClientOptions): OciClient {
  const { host, insecure, maxTries = 5, chunkBytes = 64 * 1024 * 1024 } = options;
  const origin = `${insecure ? 'http' : 'https'}://${endpointOf(host)}`;
  const auth = createOciAuth({ ...options, origin, maxTries });
  const transport = createOciTransport({ ...options, origin, maxTries, auth });
  const pushing = new Map<string, Promise<BlobPush>>();

  const written = new Set<string>();

  /**
   * Looks for a manifest. In a repository that this run writes, it asks with the rights of the writing: some make the
   * repository for those alone, and give nobody else a token for it. Others answer "no such tag" as a refusal, which is
   * no refusal when they take a push.
   */
  const look = async <T>(
    repository: string,
    ask: (access: TokenScope['access']) => Promise<T | undefined>,
  ): Promise<T | undefined> => {
    if (!written.has(repository)) return ask('pull');
    try {
      return await ask('push');
    } catch (error) {
      if (!(error instanceof OciFailure) || ![401, 403].includes(error.status ?? 0)) throw error;
      if (error.answerer === 'redirect' || (error.answerer === 'tokenServer' && error.status === 401)) throw error;
      // A token with fewer rights is enough to look, and `plan` has no more.
      if (error.answerer === 'tokenServer') return ask('pull');
      const begun = await beginUpload(transport, repository);
      if (begun !== 'mounted') await cancelUpload(transport, repository, begun);
      return undefined;
    }
  };

  const client: OciClient = {
    host,
    writesTo: (repository) => void written.add(repository),
    headManifest: (repository, reference) =>
      look(repository, async (access) => {
        const head = await headManifest(transport, repository, reference, access);
        if (head !== 'unclear') return head;
        const manifest = await getManifest(transport, repository, reference, access);
        if (manifest === undefined) return undefined;
        const { mediaType, digest, bytes } = manifest;
        return { mediaType, digest, size: bytes.byteLength };
      }),
    getManifest: (repository, reference) =>
      look(repository, (access) => getManifest(transport, repository, reference, access)),
    putManifest: async (repository, reference, manifest) => {
      try {
        await putManifest(transport, repository, reference, manifest);
      } catch (error) {
        if (isDigest(reference) || !(error instanceof OciFailure) || !mayBeHeld(error)) throw error;
        // Whether the tag is immutable is said by nobody in a way to rely on. What it means now, it can tell itself.
        const held = await client.headManifest(repository, reference).catch(() => undefined);
        if (held?.digest === manifest.digest) return;
        // 403 is also what those get who may not push at all.
        if (held === undefined || error.status === 403) throw error;
        throw new OciFailure(error, { host, finding: { is: 'tagHeld', tag: reference, digest: held.digest } });
      }
    },
    hasBlob: async (repository, digest) => {
      const head = await headBlob(transport, repository, digest, 'pull');
      if (head === undefined) return undefined;
      if (head.size !== undefined) return head.size;
      throw unusable(`${origin}/v2/${repository}/blobs/${digest}`, host, repository, 'has a blob, but not its size');
    },
    getBlob: (repository, descriptor) => getBlob(transport, repository, descriptor),
    referrers: (repository, digest) => listReferrers(transport, repository, digest),
    pushBlob: async (repository, blob, from = [], absent = false) => {
      const key = `${repository}@${blob.digest}`;
      const running = pushing.get(key);
      if (running !== undefined) {
        await running;
        return 'exists';
      }
      const push = pushBlob(transport, repository, blob, { from, absent, chunkBytes }).finally(() =>
        pushing.delete(key),
      );
      pushing.set(key, push);
      return push;
    },
  };
  return client;
}

/** `unclear`: HEAD doesn't tell digest, size or kind, or was refused, which has no words: GET tells. */
async function headManifest(
  transport: OciTransport,
  repository: string,
  reference: string,
  access: TokenScope['access'],
): Promise<Descriptor | undefined | 'unclear'> {
  const sent = transport.send(
    {
      method: 'HEAD',
      to: `/v2/${repository}/manifests/${reference}`,
      scopes: [{ repository, access }],
      headers: { accept },
      expect: [200, 404],
      repeat: true,
    },
    async (response) => {
      await drain(response);
      if (response.status === 404) return undefined;
      const { 'docker-content-digest': digest, 'content-length': length = '' } = response.headers;
      const mediaType = mediaTypeOf(response);
      const size = Number(length);
      if (response.status !== 200 || !isDigest(digest) || !(size > 0) || !isManifestType(mediaType)) return 'unclear';
      if (isDigest(reference) && digest !== reference) {
        throw mismatch(reference, { url: shownUrl(response.from), host: transport.host, repository }, digest);
      }
      return { mediaType, digest, size } as const;
    },
  );
  return sent.catch((error: unknown) => {
    if (isWordless(error)) return 'unclear' as const;
    throw error;
  });
}

function getManifest(
  transport: OciTransport,
  repository: string,
  reference: string,
  access: TokenScope['access'],
): Promise<ManifestBytes | undefined> {
  return transport.send(
    {
      method: 'GET',
      to: `/v2/${repository}/manifests/${reference}`,
      scopes: [{ repository, access }],
      headers: { accept },
      expect: [200, 404],
      repeat: true,
    },
    async (response) => {
      if (response.status === 404) {
        await drain(response);
        return undefined;
      }
      const bytes = await readBody(response, maxManifest);
      const origin = { url: shownUrl(response.from), host: transport.host, repository };
      const said = mediaTypeOf(response);
      const own = parseObject(bytes)?.mediaType;
      // A file server says `application/json`: then the manifest's own word has to do.
      const mediaType = isManifestType(said) || typeof own !== 'string' ? said : own;
      if (parseObject(bytes) === undefined || !isManifestType(mediaType)) {
        throw unusable(origin.url, transport.host, repository, `answered ${said || 'something'} for a manifest`);
      }
      const digest = digestOf(bytes);
      const told = response.headers['docker-content-digest'];
      // Another algorithm's digest can't be checked here; a sha256 one has to be right.
      for (const wanted of [reference, told]) {
        if (isDigest(wanted) && wanted !== digest) throw mismatch(wanted, origin, digest);
      }
      return { mediaType, digest, bytes };
    },
  );
}

function putManifest(
  transport: OciTransport,
  repository: string,
  reference: string,
  { mediaType, digest, bytes }: ManifestBytes,
): Promise<void> {
  return transport.send(
    {
      method: 'PUT',
      to: `/v2/${repository}/manifests/${reference}`,
      scopes: [{ repository, access: 'push' }],
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
        throw mismatch(digest, { url: shownUrl(response.from), host: transport.host, repository }, stored);
      }
    },
  );
}

/** Refusals that can mean an immutable tag: not those whose code says that the manifest or its name is the trouble. */
function mayBeHeld({ status, codes }: OciFailure): boolean {
  const others = /^(MANIFEST_|BLOB_|NAME_|SIZE_INVALID$|DIGEST_INVALID$|UNAUTHORIZED$|UNSUPPORTED$|TOOMANYREQUESTS$)/;
  return [400, 403, 405, 409, 412, 422].includes(status ?? 0) && !codes.some((code) => others.test(code));
}

function mediaTypeOf(response: OciResponse): string {
  return (response.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function isManifestType(mediaType: string): boolean {
  return mediaType.startsWith('application/vnd.');
}

function unusable(url: string, host: string, repository: string, what: string): OciFailure {
  return new OciFailure(new WireFailure('malformed', url, { message: `${host} ${what}` }), { host, repository });
}
