import { Readable } from 'node:stream';
import type { BlobSource } from '../types.ts';
import { type ContentSource, mismatch } from '../verify.ts';

/** A blob's bytes in chunks, read once from beginning to end unless something has to be sent again. */
export interface ChunkedSource {
  /** Just `length` bytes from `start`. Fails when the source ends before, or goes on after its announced size. */
  read(start: number, length: number): Readable;
  /** Forgets where it is: after a failure nobody knows what of the last chunk was taken. */
  rewind(): void;
}

interface Opened {
  readonly stream: Readable;
  readonly pieces: AsyncIterator<Buffer | string>;
  /** The part of the last piece that belongs to the next chunk. */
  rest: Buffer;
  /** Bytes handed out or skipped so far. */
  at: number;
}

/** Chunks of a source. Opened at the first read; closed when all is read or at `rewind`. */
export function chunked(blob: BlobSource, origin: ContentSource): ChunkedSource {
  let opened: Opened | undefined;

  const open = (start: number): Opened => {
    const direct = start > 0 && blob.openAt !== undefined;
    const stream = direct && blob.openAt !== undefined ? blob.openAt(start) : blob.open();
    return {
      stream,
      pieces: stream[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>,
      rest: Buffer.alloc(0),
      at: direct ? start : 0,
    };
  };

  /** Up to `most` bytes, or undefined at the end. */
  const take = async (from: Opened, most: number): Promise<Buffer | undefined> => {
    while (from.rest.byteLength === 0) {
      const next = await from.pieces.next();
      if (next.done === true) return undefined;
      from.rest = typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
    }
    const piece = from.rest.subarray(0, most);
    from.rest = from.rest.subarray(piece.byteLength);
    from.at += piece.byteLength;
    return piece;
  };

  async function* pieces(from: Opened, start: number, length: number): AsyncGenerator<Buffer> {
    const short = () => mismatch(blob.digest, origin, `${from.at} bytes`);
    while (from.at < start) if ((await take(from, start - from.at)) === undefined) throw short();
    const end = start + length;
    while (from.at < end) {
      const piece = await take(from, end - from.at);
      if (piece === undefined) throw short();
      yield piece;
    }
    if (end === blob.size && (await take(from, 1)) !== undefined) {
      throw mismatch(blob.digest, origin, `more than ${blob.size} bytes`);
    }
  }

  return {
    read: (start, length) => {
      if (opened === undefined || opened.at !== start) {
        opened?.stream.destroy();
        opened = open(start);
      }
      return Readable.from(pieces(opened, start, length), { objectMode: false });
    },
    rewind: () => {
      opened?.stream.destroy();
      opened = undefined;
    },
  };
}
