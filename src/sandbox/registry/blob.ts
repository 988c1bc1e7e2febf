import { isDigest } from '../../wire/oci/digest.ts';
import { isRepository } from '../../wire/oci/reference.ts';
import { noRepository, type RegistryAnswer, type RepositoryCall, registryRefusal } from './answer.ts';
import type { Store } from './store.ts';
import type { Uploads } from './upload.ts';

/** Blobs: GET (whole or a range), HEAD, DELETE. */
export function serveBlob(call: RepositoryCall, digest: string, store: Store): RegistryAnswer {
  const { repository } = call;
  if (!isDigest(digest)) return registryRefusal(400, 'DIGEST_INVALID', `${digest} is not a sha256 digest.`);
  const size = store.blobSize(repository, digest);
  if (size === undefined) return registryRefusal(404, 'BLOB_UNKNOWN', `${repository} has no blob ${digest}.`);
  if (call.method === 'DELETE') {
    store.unlinkBlob(repository, digest);
    return { status: 202 };
  }
  if (call.method !== 'GET' && call.method !== 'HEAD') {
    return registryRefusal(405, 'UNSUPPORTED', `${call.method} is not for blobs.`);
  }
  const headers = {
    'content-type': 'application/octet-stream',
    'content-length': String(size),
    'docker-content-digest': digest,
    'accept-ranges': 'bytes',
  };
  if (call.method === 'HEAD') return { status: 200, headers };
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(call.headers.range ?? '') ?? [];
  if (first === undefined) return { status: 200, headers, body: store.read(digest) };
  const start = Number(first);
  const end = last === undefined || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end) return { status: 416, headers: { 'content-range': `bytes */${size}` } };
  return {
    status: 206,
    headers: {
      ...headers,
      'content-length': String(end - start + 1),
      'content-range': `bytes ${start}-${end}/${size}`,
    },
    body: store.read(digest, { start, end }),
  };
}

interface UploadRules {
  readonly createOnPush: boolean;
  /** Whether this client may take blobs from that repository. */
  readonly mayPull: (repository: string) => Promise<boolean>;
}

/** POST: begins an upload, mounts a blob from another repository, or takes a whole blob at once. */
export async function openUpload(
  call: RepositoryCall,
  store: Store,
  uploads: Uploads,
  rules: UploadRules,
): Promise<RegistryAnswer> {
  const { repository } = call;
  if (call.method !== 'POST') return registryRefusal(405, 'UNSUPPORTED', `${call.method} does not begin an upload.`);
  if (!rules.createOnPush && !store.hasRepository(repository)) return noRepository(repository);
  store.createRepository(repository);
  const query = call.url.searchParams;
  const mount = query.get('mount') ?? '';
  const from = query.get('from') ?? '';
  if (
    isDigest(mount) &&
    isRepository(from) &&
    store.blobSize(from, mount) !== undefined &&
    (await rules.mayPull(from))
  ) {
    store.linkBlob(repository, mount);
    return stored(repository, mount);
  }
  const id = await uploads.begin(repository);
  return query.has('digest') ? finish(call, id, uploads) : status(202, repository, id, 0);
}

/** One upload under way: GET (how far it is), PATCH (a chunk), PUT (the last bytes and the digest), DELETE. */
export async function serveUpload(call: RepositoryCall, id: string, uploads: Uploads): Promise<RegistryAnswer> {
  const { repository } = call;
  if (call.method === 'DELETE') return (await uploads.cancel(repository, id)) ? { status: 204 } : unknown();
  const size = await uploads.size(repository, id);
  if (size === undefined) return unknown();
  if (call.method === 'GET') return status(204, repository, id, size);
  if (call.method === 'PUT') return finish(call, id, uploads);
  if (call.method !== 'PATCH') return registryRefusal(405, 'UNSUPPORTED', `${call.method} is not for uploads.`);
  const fitted = await append(call, id, uploads);
  const now = await uploads.size(repository, id);
  return now === undefined ? unknown() : status(fitted ? 202 : 416, repository, id, now);
}

async function finish(call: RepositoryCall, id: string, uploads: Uploads): Promise<RegistryAnswer> {
  const { repository } = call;
  const digest = call.url.searchParams.get('digest') ?? '';
  if (!isDigest(digest)) return registryRefusal(400, 'DIGEST_INVALID', `${digest} is not a sha256 digest.`);
  if (!(await append(call, id, uploads))) {
    const size = await uploads.size(repository, id);
    return size === undefined ? unknown() : status(416, repository, id, size);
  }
  if (await uploads.finish(repository, id, digest)) return stored(repository, digest);
  return registryRefusal(400, 'DIGEST_INVALID', `The uploaded bytes are not ${digest}.`);
}

/** Without `Content-Range` the bytes go to the end: that is how Docker streams a layer. */
function append({ repository, headers, body }: RepositoryCall, id: string, uploads: Uploads): Promise<boolean> {
  const start = /^(?:bytes[ =])?(\d+)-\d+/.exec(headers['content-range'] ?? '')?.[1];
  return uploads.append(repository, id, body, start === undefined ? undefined : Number(start));
}

/** `Range` tells the last byte received, so nothing and one byte look alike (distribution spec, "chunked"). */
function status(code: number, repository: string, id: string, size: number): RegistryAnswer {
  return {
    status: code,
    headers: {
      location: `/v2/${repository}/blobs/uploads/${id}`,
      range: `0-${Math.max(0, size - 1)}`,
      'docker-upload-uuid': id,
    },
  };
}

function stored(repository: string, digest: string): RegistryAnswer {
  return {
    status: 201,
    headers: { location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest },
  };
}

function unknown(): RegistryAnswer {
  return registryRefusal(404, 'BLOB_UPLOAD_UNKNOWN', 'There is no such upload.');
}
