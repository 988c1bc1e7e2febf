import type { Http } from '../http.ts';
import type { Patient } from '../retry.ts';
import type { Secret } from '../secret.ts';
import { createOciAuth } from './auth/auth.ts';
import type { TokenScope } from './auth/credential.ts';
import { getBlob, headBlob } from './blob.ts';
import { isDigest } from './digest.ts';
import { OciFailure } from './failure.ts';
import { getManifest, headManifest, sendManifest } from './manifest-request.ts';
import { endpointOf } from './reference.ts';
import { enterReferrer, listReferrers, type ManifestAccess, subjectOf } from './referrers.ts';
import { createOciTransport, drain, type OciRepository } from './transport.ts';
import type { BlobPush, OciClient } from './types.ts';
import { beginUpload, cancelUpload } from './upload/session.ts';
import { pushBlob } from './upload/upload.ts';
import { unusable } from './verify.ts';

export interface OciClientOptions extends Patient {
  readonly http: Http;
  /** Host and port as in image names; Docker Hub's is `docker.io`. */
  readonly host: string;
  /** Plain HTTP. */
  readonly insecure: boolean;
  /** Asked when the registry first wants credentials, and again when it refuses them. Undefined: anonymous. */
  readonly credential: () => Promise<{ readonly username: string; readonly password: Secret } | undefined>;
  readonly mask: (secret: string) => void;
  /** Blobs up to this size go in one request, larger ones in chunks of it. Default 64 MiB. */
  readonly chunkBytes?: number;
  /** Tries of one request, the first included. Default: by what failed. */
  readonly maxTries?: number | undefined;
}

/** A client for one registry. It may be used for many requests at once; the same blob is never sent twice at a time. */
export function createOciClient(options: OciClientOptions): OciClient {
  const { host, insecure, chunkBytes = 64 * 1024 * 1024 } = options;
  const origin = `${insecure ? 'http' : 'https'}://${endpointOf(host)}`;
  const auth = createOciAuth({ ...options, origin });
  const transport = createOciTransport({ ...options, origin, auth });
  const at = (name: string): OciRepository => ({ transport, name });
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
      // A wrong login is one for everything.
      if (error.status === 401 && !(await isLetIn())) throw error;
      const begun = await beginUpload(at(repository));
      if (begun !== 'mounted') await cancelUpload(at(repository), begun);
      return undefined;
    }
  };

  const isLetIn = (): Promise<boolean> =>
    transport
      .send({ method: 'GET', to: '/v2/', scopes: [], expect: [200], repeat: true }, drain)
      .then(() => true)
      .catch(() => false);

  const manifestsOf = (repository: string): ManifestAccess => ({
    get: (reference) => client.getManifest(repository, reference),
    put: (reference, manifest) => client.putManifest(repository, reference, manifest),
  });

  const client: OciClient = {
    host,
    writesTo: (repository) => void written.add(repository),
    tryPush: async (repository) => {
      const begun = await beginUpload(at(repository));
      if (begun !== 'mounted') await cancelUpload(at(repository), begun);
    },
    headManifest: (repository, reference) =>
      look(repository, async (access) => {
        const head = await headManifest(at(repository), reference, access);
        if (head !== 'unclear') return head;
        const manifest = await getManifest(at(repository), reference, access);
        if (manifest === undefined) return undefined;
        const { mediaType, digest, bytes } = manifest;
        return { mediaType, digest, size: bytes.byteLength };
      }),
    getManifest: (repository, reference) =>
      look(repository, (access) => getManifest(at(repository), reference, access)),
    putManifest: async (repository, reference, manifest) => {
      try {
        const listed = await sendManifest(at(repository), reference, manifest);
        const subject = subjectOf(manifest);
        if (subject === undefined || listed) return;
        await enterReferrer(at(repository), manifestsOf(repository), subject, manifest, !isDigest(reference));
      } catch (error) {
        if (isDigest(reference) || !(error instanceof OciFailure) || !mayBeHeld(error)) throw error;
        // Whether the tag is immutable is said by nobody in a way to rely on. What it means now, it can tell itself.
        const held = await client.headManifest(repository, reference).catch(() => undefined);
        if (held?.digest === manifest.digest) return;
        if (held !== undefined && error.status !== 403) {
          throw new OciFailure(error, { host, finding: { is: 'tagHeld', tag: reference, digest: held.digest } });
        }
        // 403 is also what those get who may not push at all. Who may put the image without its tag isn't one of them: a
        // rule about tags says no, or there are as many as one image may have.
        if (error.status !== 403) throw error;
        const before = await client.headManifest(repository, manifest.digest).catch(() => undefined);
        const mayPut = await sendManifest(at(repository), manifest.digest, manifest).then(
          () => true,
          () => false,
        );
        if (!mayPut) throw error;
        throw new OciFailure(error, { host, finding: { is: 'tagRefused', tag: reference, there: before?.digest } });
      }
    },
    hasBlob: async (repository, digest) => {
      const head = await headBlob(at(repository), digest, 'pull');
      if (head === undefined) return undefined;
      if (head.size !== undefined) return head.size;
      const url = `${origin}/v2/${repository}/blobs/${digest}`;
      throw unusable({ url, host, repository }, 'has a blob, but not its size');
    },
    getBlob: (repository, descriptor) => getBlob(at(repository), descriptor),
    referrers: (repository, digest) => listReferrers(at(repository), manifestsOf(repository), digest),
    pushBlob: async (repository, blob, from = [], absent = false) => {
      const key = `${repository}@${blob.digest}`;
      const running = pushing.get(key);
      if (running !== undefined) {
        await running;
        return 'exists';
      }
      const push = pushBlob(at(repository), blob, { from, absent, chunkBytes }).finally(() => pushing.delete(key));
      pushing.set(key, push);
      return push;
    },
  };
  return client;
}

/** Refusals that can mean an immutable tag: not those whose code says that the manifest or its name is the trouble. */
function mayBeHeld({ status, codes }: OciFailure): boolean {
  const others = /^(MANIFEST_|BLOB_|NAME_|SIZE_INVALID$|DIGEST_INVALID$|UNAUTHORIZED$|UNSUPPORTED$|TOOMANYREQUESTS$)/;
  return [400, 403, 405, 409, 412, 422].includes(status ?? 0) && !codes.some((code) => others.test(code));
}
