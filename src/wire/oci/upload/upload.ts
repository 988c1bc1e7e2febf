import { WireFailure } from '../../failure.ts';
import { isRetryable } from '../../retry.ts';
import { headBlob } from '../blob.ts';
import { OciFailure } from '../failure.ts';
import type { OciRepository } from '../transport.ts';
import type { BlobPush, BlobSource } from '../types.ts';
import { contentFrom } from '../verify.ts';
import { beginUpload, cancelUpload, finishUpload, readStatus, sendChunk, type UploadSession } from './session.ts';
import { chunked } from './source.ts';

/** Two ways to send the same bytes; a registry may refuse one. */
type Way = 'whole' | 'chunks';

/** Chunks in a row after which the registry has no more than before. */
const mostVain = 5;

/**
 * Makes the repository have the blob: there already, mounted from one of `from`, or uploaded. Up to `chunkBytes` go in
 * one PUT; more in chunks, so that a cut costs only what the registry hasn't got. With `absent` it isn't asked after first.
 */
export async function pushBlob(
  at: OciRepository,
  blob: BlobSource,
  how: { readonly from: readonly string[]; readonly absent: boolean; readonly chunkBytes: number },
): Promise<BlobPush> {
  if (!how.absent && (await isThere(at, blob))) return 'exists';
  const siblings = how.from.filter((name) => name !== at.name);
  let session: UploadSession | undefined;
  const drop = async (): Promise<void> => {
    if (session !== undefined) await cancelUpload(at, session);
    session = undefined;
  };
  try {
    for (const sibling of siblings) {
      await drop();
      const begun = await mount(at, blob, sibling);
      if (begun === 'mounted') return 'mounted';
      session = begun;
    }
    // A registry that can't mount may have the blob all the same, and what could be mounted is often large.
    if (how.absent && siblings.length > 0 && (await isThere(at, blob))) {
      await drop();
      return 'exists';
    }
  } catch (error) {
    await drop();
    throw error;
  }
  await upload(at, blob, session, how.chunkBytes);
  return 'uploaded';
}

/** Unknown counts as no: sent once too often, a blob does no harm. */
async function isThere(at: OciRepository, blob: BlobSource): Promise<boolean> {
  try {
    const head = await headBlob(at, blob.digest, 'push');
    return head !== undefined && (head.size ?? blob.size) === blob.size;
  } catch (error) {
    // Also a store whose signed URLs are for GET alone. Whether we may push, the upload itself will show.
    if (mayGoOn(error) && !error.retryable) return false;
    throw error;
  }
}

/** The registry answered a question that can be left open. Without a token, what comes next would fail likewise. */
function mayGoOn(error: unknown): error is OciFailure {
  return error instanceof OciFailure && error.status !== undefined && error.answerer !== 'tokenServer';
}

/** A sibling that we may not read, or a registry that knows no mounts, is no reason to fail: the blob can be sent. */
async function mount(
  at: OciRepository,
  blob: BlobSource,
  from: string,
): Promise<UploadSession | 'mounted' | undefined> {
  try {
    return await beginUpload(at, { digest: blob.digest, from });
  } catch (error) {
    if (mayGoOn(error)) return undefined;
    throw error;
  }
}

async function upload(
  at: OciRepository,
  blob: BlobSource,
  begun: UploadSession | undefined,
  chunkBytes: number,
): Promise<void> {
  const ways: Way[] = blob.size <= chunkBytes ? ['whole', 'chunks'] : ['chunks', 'whole'];
  let session = begun;
  const moved = (next: UploadSession): void => {
    session = next;
  };
  const patience = at.transport.patience(() => true);
  for (;;) {
    session ??= await begin(at);
    const way = ways[0] ?? 'whole';
    try {
      if (way === 'whole') await sendWhole(at, blob, session);
      else await sendChunks(at, blob, session, chunkBytes, moved);
      return;
    } catch (error) {
      // A session that is gone (404) is begun again; so is one that was cut, unless only its last answer was lost.
      const passing = isRetryable(error) || statusOf(error) === 404;
      if (passing && (await isThere(at, blob))) return;
      await cancelUpload(at, session);
      session = undefined;
      if (ways.length > 1 && refusesWay(error, way)) {
        ways.shift();
        continue;
      }
      if (!passing) throw digestRefused(error) ? otherBytes(error, blob) : error;
      await patience.after(error);
    }
  }
}

async function begin(at: OciRepository): Promise<UploadSession> {
  const begun = await beginUpload(at);
  if (begun === 'mounted') throw new TypeError('An upload without a mount can not be mounted.');
  return begun;
}

async function sendWhole(at: OciRepository, blob: BlobSource, session: UploadSession): Promise<void> {
  const source = chunked(blob, contentFrom(session.url, at));
  try {
    const open = () => source.read(0, blob.size);
    await finishUpload(at, session, blob.digest, { size: blob.size, open });
  } finally {
    source.rewind();
  }
}

async function sendChunks(
  at: OciRepository,
  blob: BlobSource,
  begun: UploadSession,
  chunkBytes: number,
  moved: (session: UploadSession) => void,
): Promise<void> {
  const source = chunked(blob, contentFrom(begun.url, at));
  let session = begun;
  let sent = 0;
  // Tries that got no further than any before them: a registry may go back and forth for ever.
  let furthest = 0;
  let vain = 0;
  let patience = at.transport.patience();
  try {
    while (sent < blob.size) {
      const length = Math.min(Math.max(chunkBytes, session.minChunk), blob.size - sent);
      const start = sent;
      let received: number;
      try {
        const next = await sendChunk(at, session, {
          start,
          length,
          open: () => source.read(start, length),
        });
        session = next;
        received = next.received;
      } catch (error) {
        source.rewind();
        await patience.after(error);
        session = await resumed(at, session);
        received = session.received ?? 0;
      }
      if (received > blob.size) throw gone(at, session);
      moved(session);
      if (received > furthest) patience = at.transport.patience();
      vain = received > furthest ? 0 : vain + 1;
      furthest = Math.max(furthest, received);
      if (vain > mostVain) throw gone(at, session);
      sent = received;
    }
  } finally {
    source.rewind();
  }
  await finish(at, blob, session);
}

/** The last request, again where it was cut: the chunks are there, and they are most of the work. */
async function finish(at: OciRepository, blob: BlobSource, last: UploadSession): Promise<void> {
  let session = last;
  const patience = at.transport.patience();
  for (;;) {
    try {
      return await finishUpload(at, session, blob.digest);
    } catch (error) {
      await patience.after(error);
      session = await resumed(at, session);
      if (session.received !== blob.size) throw error;
    }
  }
}

/** The session as the registry sees it, or a failure that has the upload begun again. */
async function resumed(at: OciRepository, session: UploadSession): Promise<UploadSession> {
  const status = await readStatus(at, session);
  if (status?.received === undefined) throw gone(at, session);
  return status;
}

function gone(at: OciRepository, session: UploadSession): OciFailure {
  const { url, host, repository } = contentFrom(session.url, at);
  const failure = new WireFailure('cut', url, { message: `the upload ${url} can't be gone on with` });
  return new OciFailure(failure, { host, repository });
}

function statusOf(error: unknown): number | undefined {
  return error instanceof OciFailure ? error.status : undefined;
}

/** The registry is there and lets us in, but doesn't take bytes in this way. */
function refusesWay(error: unknown, way: Way): boolean {
  // Chunks that make other bytes in the end were put together wrongly; sent as a whole, only the bytes count.
  if (digestRefused(error)) return way === 'chunks';
  return [400, 405, 411, 413, 415, 416, 501].includes(statusOf(error) ?? 0);
}

function digestRefused(error: unknown): error is OciFailure {
  return (
    error instanceof OciFailure && error.codes.some((code) => code === 'DIGEST_INVALID' || code === 'SIZE_INVALID')
  );
}

function otherBytes(error: OciFailure, { digest }: BlobSource): OciFailure {
  return new OciFailure(error, { host: error.host, finding: { is: 'mismatch', digest } });
}
