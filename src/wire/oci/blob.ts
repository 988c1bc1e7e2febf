import { pipeline, Readable } from 'node:stream';
import { shownUrl, WireFailure, wrongAnswer } from '../failure.ts';
import { OciFailure } from './failure.ts';
import { drain, type OciRepository, type OciResponse } from './transport.ts';
import type { Descriptor, Digest } from './types.ts';
import { contentFrom, verifier } from './verify.ts';

/** A refusal of HEAD, whose answer has no body: the words that say why are GET's. */
export function isWordless(error: unknown): boolean {
  return error instanceof OciFailure && error.status !== undefined && !error.retryable && error.peerText === '';
}

/** Whether the repository has the blob; its size where the registry tells. */
export async function headBlob(
  at: OciRepository,
  digest: Digest,
  access: 'pull' | 'push',
): Promise<{ readonly size: number | undefined } | undefined> {
  const about = { to: `/v2/${at.name}/blobs/${digest}`, scopes: [{ repository: at.name, access }], repeat: true };
  const sent = at.transport.send({ ...about, method: 'HEAD', expect: [200, 404] }, async (response) => {
    await drain(response);
    if (response.status === 404) return undefined;
    const length = response.headers['content-length'];
    return { size: length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined };
  });
  return sent.catch((error: unknown) => {
    // Who is about to send the blob learns why from that.
    if (access === 'push' || !isWordless(error)) throw error;
    return at.transport.send(
      { ...about, method: 'GET', headers: { range: 'bytes=0-0' }, expect: [200, 206, 404, 416] },
      async (response) => {
        // A server without ranges has begun to send all of it.
        response.body.destroy();
        if (response.status === 404) return undefined;
        const { 'content-range': range = '', 'content-length': length = '' } = response.headers;
        const size = response.status === 200 ? length : (/\/(\d+)$/.exec(range)?.[1] ?? '');
        return { size: /^\d+$/.test(size) ? Number(size) : undefined };
      },
    );
  });
}

/** The blob as a verified stream. A connection that is cut goes on with a range request where it stopped. */
export async function getBlob(at: OciRepository, descriptor: Pick<Descriptor, 'digest' | 'size'>): Promise<Readable> {
  const { digest, size } = descriptor;
  const path = `/v2/${at.name}/blobs/${digest}`;
  let open = await begin(at, path, 0);

  async function* pieces(): AsyncGenerator<Buffer> {
    let offset = 0;
    const patience = at.transport.patience();
    for (;;) {
      try {
        let skip = offset - open.start;
        for await (const chunk of open.response.body as AsyncIterable<Buffer>) {
          const piece = chunk.subarray(Math.min(skip, chunk.byteLength));
          skip -= chunk.byteLength - piece.byteLength;
          offset += piece.byteLength;
          if (piece.byteLength > 0) yield piece;
        }
        return;
      } catch (error) {
        const { host } = at.transport;
        const failure = error instanceof WireFailure ? new OciFailure(error, { host, repository: at.name }) : error;
        if (offset >= size) throw failure;
        await patience.after(failure);
        open = await begin(at, path, offset);
      }
    }
  }

  const checked = verifier(descriptor, contentFrom(open.response.from, at));
  // Errors reach the reader through `checked`. A generator that was never begun closes nothing, hence the callback.
  return pipeline(Readable.from(pieces(), { objectMode: false }), checked, () => open.response.body.destroy());
}

/** An answer that begins at `offset`, or before it where the server doesn't know ranges. */
function begin(
  at: OciRepository,
  path: string,
  offset: number,
): Promise<{ readonly response: OciResponse; readonly start: number }> {
  return at.transport.send(
    {
      method: 'GET',
      to: path,
      scopes: [{ repository: at.name, access: 'pull' }],
      headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
      expect: [200, 206],
      repeat: true,
    },
    async (response) => {
      if (response.status === 200) return { response, start: 0 };
      const start = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1];
      if (start !== undefined && Number(start) === offset) return { response, start: offset };
      response.body.destroy();
      throw wrongAnswer(shownUrl(response.from), 'answered another range than the one asked for');
    },
  );
}
