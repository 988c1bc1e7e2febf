import type { Hash } from 'node:crypto';
import { createInflate, type Inflate, inflateSync } from 'node:zlib';
import { GitDataError } from '../failure.ts';
import type { ByteReader } from './bytes.ts';

/** More than deflate ever needs for `size` bytes, unless an encoder pads on purpose. */
function compressedBound(size: number): number {
  return size + Math.ceil(size / 8) + 64;
}

/**
 * The zlib stream that stands next, which must make exactly `size` bytes. Its own bytes go through `seen`. Nothing says
 * where a zlib stream ends but inflating it, so this reads until it can't have missed the end.
 */
export async function inflateHere(from: ByteReader, size: number, seen: Hash): Promise<Buffer> {
  for (let want = compressedBound(size); ; want *= 2) {
    const held = await from.peek(want);
    const made = inflateStart(held, size);
    if (made !== undefined) {
      if (made.content.byteLength !== size) throw new GitDataError('malformed', 'an object is shorter than it says');
      seen.update(from.take(made.used));
      return made.content;
    }
    if (held.byteLength < want) throw new GitDataError('cut', 'the pack ends in the middle of an object');
    if (want > compressedBound(size) * 4) throw new GitDataError('malformed', 'an object is longer than it says');
  }
}

function inflateStart(held: Buffer, size: number): { content: Buffer; used: number } | undefined {
  try {
    const options = {
      info: true,
      maxOutputLength: Math.max(size, 1),
      chunkSize: Math.max(64, Math.min(size + 1, 65_536)),
    };
    // With `info`, node also hands out the engine, which knows how much of the input it has used.
    const made = inflateSync(held, options) as unknown as { buffer: Buffer; engine: Inflate };
    return { content: made.buffer, used: made.engine.bytesWritten };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR') return undefined;
    throw new GitDataError('malformed', `an object can't be inflated: ${(error as Error).message}`);
  }
}

/** Passes over a zlib stream of any length in constant memory. What it makes goes through `content`. */
export async function skipHere(from: ByteReader, size: number, seen: Hash, content: Hash): Promise<void> {
  const inflate = createInflate();
  let made = 0;
  let ended = false;
  let failure: Error | undefined;
  let wake = (): void => undefined;
  inflate.on('data', (chunk: Buffer) => {
    made += chunk.byteLength;
    content.update(chunk);
  });
  inflate.on('end', () => {
    ended = true;
  });
  inflate.on('error', (error) => {
    failure = error;
    // After an error node never calls the write's own callback.
    wake();
  });
  try {
    while (!ended) {
      const held = await from.peek(1);
      if (held.byteLength === 0) throw new GitDataError('cut', 'the pack ends in the middle of an object');
      const before = inflate.bytesWritten;
      await new Promise<void>((resolve) => {
        wake = resolve;
        inflate.write(held, () => resolve());
      });
      if (failure !== undefined) throw new GitDataError('malformed', `an object can't be inflated: ${failure.message}`);
      if (made > size) throw new GitDataError('malformed', 'an object is longer than it says');
      const used = inflate.bytesWritten - before;
      seen.update(from.take(used));
      // It leaves bytes alone only behind its own end; a stream that ends with its chunk shows that at the next one.
      if (used < held.byteLength) break;
    }
  } finally {
    inflate.destroy();
  }
  if (made !== size) throw new GitDataError('malformed', 'an object is shorter than it says');
}
