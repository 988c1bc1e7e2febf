import type { Readable } from 'node:stream';
import { shownUrl, WireFailure, wrongAnswer } from '../../failure.ts';
import { withGrace } from '../../grace.ts';
import type { TokenScope } from '../auth/credential.ts';
import { isDigest } from '../digest.ts';
import { drain, type OciRepository, type OciResponse } from '../transport.ts';
import type { Digest } from '../types.ts';

/** An upload that the registry has begun for us. */
export interface UploadSession {
  /** Where the next request goes; each answer may change it. */
  readonly url: URL;
  /** The least chunk it takes (`OCI-Chunk-Min-Length`), the last one excepted. */
  readonly minChunk: number;
  /** Bytes it says it has; undefined where it doesn't say. */
  readonly received: number | undefined;
}

/** Registries hash a whole layer before they answer the last request. */
const finishIdleMs = 300_000;

/** How long a stopped run stays to drop an upload, milliseconds. */
const cancelMs = 5_000;

/**
 * Begins an upload, or has the blob mounted from a sibling: then there is none. A run that is told to stop meanwhile
 * still waits a little for the answer: only that says which upload there is to drop.
 */
export async function beginUpload(
  at: OciRepository,
  mount?: { readonly digest: Digest; readonly from: string },
): Promise<UploadSession | 'mounted'> {
  const to = new URL(`/v2/${at.name}/blobs/uploads/`, at.transport.origin);
  const scopes: TokenScope[] = [{ repository: at.name, access: 'push' }];
  if (mount !== undefined) {
    to.searchParams.set('mount', mount.digest);
    to.searchParams.set('from', mount.from);
    scopes.push({ repository: mount.from, access: 'pull' });
  }
  at.transport.signal.throwIfAborted();
  return withGrace(cancelMs, at.transport, (signal) =>
    at.transport.send(
      // Begun twice is one session too many, which the registry drops in time.
      {
        method: 'POST',
        to,
        scopes,
        body: new Uint8Array(),
        expect: [201, 202],
        repeat: true,
        signal,
        // A mount that fails is no loss: the blob is sent.
        tries: mount === undefined ? undefined : 1,
      },
      async (response) => {
        await drain(response);
        if (response.status === 202) return sessionOf(response, at);
        if (mount !== undefined) return 'mounted' as const;
        throw wrongAnswer(shownUrl(response.from), 'says that an empty upload is done');
      },
    ),
  );
}

/** Sends one chunk. The session that comes back says what the registry has now. */
export function sendChunk(
  at: OciRepository,
  session: UploadSession,
  chunk: { readonly start: number; readonly length: number; readonly open: () => Readable },
): Promise<UploadSession & { readonly received: number }> {
  return at.transport.send(
    {
      method: 'PATCH',
      to: session.url,
      scopes: [{ repository: at.name, access: 'push' }],
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(chunk.length),
        'content-range': `${chunk.start}-${chunk.start + chunk.length - 1}`,
      },
      body: chunk.open,
      // 416 tells what the registry has, which isn't what this chunk begins after.
      expect: [202, 416],
      repeat: false,
    },
    async (response) => {
      await drain(response);
      const next = sessionOf(response, at, session);
      if (response.status === 202) return { ...next, received: next.received ?? chunk.start + chunk.length };
      const received = next.received ?? 0;
      if (received !== chunk.start) return { ...next, received };
      // It has what comes before this chunk, and doesn't take it all the same.
      throw new WireFailure('status', shownUrl(response.from), { status: 416 });
    },
  );
}

/** How far the upload is, after a cut; undefined when the registry doesn't know it any more, or doesn't tell. */
export async function readStatus(at: OciRepository, session: UploadSession): Promise<UploadSession | undefined> {
  return at.transport.send(
    {
      method: 'GET',
      to: session.url,
      scopes: [{ repository: at.name, access: 'push' }],
      expect: [200, 204, 400, 404, 405, 501],
      repeat: true,
    },
    async (response) => {
      await drain(response);
      return response.status < 300 ? sessionOf(response, at, session) : undefined;
    },
  );
}

/** Ends the upload, with all of the blob as its body or after its chunks. The registry verifies the digest. */
export function finishUpload(
  at: OciRepository,
  session: UploadSession,
  digest: Digest,
  whole?: { readonly size: number; readonly open: () => Readable },
): Promise<void> {
  // The URL is the registry's; what is in its query stays.
  const to = new URL(session.url);
  to.searchParams.set('digest', digest);
  return at.transport.send(
    {
      method: 'PUT',
      to,
      scopes: [{ repository: at.name, access: 'push' }],
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(whole?.size ?? 0) },
      body: whole === undefined || whole.size === 0 ? new Uint8Array() : whole.open,
      expect: [201, 204],
      repeat: false,
      idleMs: finishIdleMs,
    },
    async (response) => {
      await drain(response);
      const stored = response.headers['docker-content-digest'];
      if (isDigest(stored) && stored !== digest) {
        throw wrongAnswer(shownUrl(response.from), `stored ${stored} instead of ${digest}`);
      }
    },
  );
}

/** Drops an upload that leads nowhere, also when the run is told to stop. Nothing depends on it: never throws. */
export async function cancelUpload(at: OciRepository, session: UploadSession): Promise<void> {
  const scopes: TokenScope[] = [{ repository: at.name, access: 'push' }];
  const signal = AbortSignal.timeout(cancelMs);
  await at.transport
    .send({ method: 'DELETE', to: session.url, scopes, expect: [202, 204, 404], repeat: false, signal }, drain)
    .catch(() => undefined);
}

function sessionOf(response: OciResponse, at: OciRepository, before?: UploadSession): UploadSession {
  const { headers, from } = response;
  // Only the first answer has to name the place; later ones may leave it as it is.
  const url =
    headers.location === undefined && before !== undefined ? before.url : at.transport.resolve(headers.location, from);
  const least = headers['oci-chunk-min-length'];
  const last = /^(?:bytes=)?0-(\d+)$/.exec(headers.range ?? '')?.[1];
  return {
    url,
    minChunk: least !== undefined && /^\d{1,12}$/.test(least) ? Number(least) : (before?.minChunk ?? 0),
    // `0-0` is the answer for nothing and for one byte alike: as if it had said nothing.
    received: last === undefined || last === '0' ? undefined : Number(last) + 1,
  };
}
