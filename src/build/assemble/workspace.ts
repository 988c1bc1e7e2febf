import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { finishDigest, startDigest } from '../../wire/oci/digest.ts';
import type { Digest } from '../../wire/oci/types.ts';
import type { Env } from '../../wire/world.ts';

/** A private folder for what is too large for memory. Gone at the end of the build, however it ends. */
export interface Workspace {
  readonly dir: string;
  /** Writes a stream to a file of its own; answers the file. */
  spool(chunks: AsyncIterable<Uint8Array>): Promise<string>;
  /** Compresses a stream into a file of its own. */
  compress(chunks: AsyncIterable<Uint8Array>): Promise<Compressed>;
  remove(): Promise<void>;
}

export interface Compressed {
  readonly file: string;
  /** Of the compressed bytes. */
  readonly digest: Digest;
  readonly size: number;
  /** Of the bytes before compression. */
  readonly plainDigest: Digest;
}

/** A folder that only this user can look into. */
export async function createWorkspace(env: Env, signal: AbortSignal): Promise<Workspace> {
  const dir = await mkdtemp(join(env.TMPDIR || tmpdir(), 'tagboat-build-'));
  let files = 0;
  const next = () => join(dir, `${files++}`);
  return {
    dir,
    spool: async (chunks) => {
      const file = next();
      await pipeline(chunks, createWriteStream(file, { mode: 0o600 }), { signal });
      return file;
    },
    compress: async (chunks) => {
      const file = next();
      const plain = startDigest();
      const packed = startDigest();
      let size = 0;
      const measured = new Transform({
        transform: (chunk: Buffer, _encoding, done) => {
          const fixed = size < 10 ? neutralHeader(chunk, size) : chunk;
          size += fixed.byteLength;
          packed.update(fixed);
          done(null, fixed);
        },
      });
      const counted = (async function* () {
        for await (const chunk of inBlocks(chunks)) {
          plain.update(chunk);
          yield chunk;
        }
      })();
      const gzip = createGzip({ level, chunkSize: 64 * 1024 });
      await pipeline(Readable.from(counted), gzip, measured, createWriteStream(file, { mode: 0o600 }), { signal });
      return { file, digest: finishDigest(packed), size, plainDigest: finishDigest(plain) };
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** A whole file as a stream. */
export function fileChunks(file: string): AsyncIterable<Uint8Array> {
  return createReadStream(file, { highWaterMark: 256 * 1024 });
}

/** A part of a file as a stream. */
export function fileRange(file: string, offset: number, size: number): AsyncIterable<Uint8Array> {
  if (size === 0) return Readable.from([]);
  return createReadStream(file, { start: offset, end: offset + size - 1, highWaterMark: 256 * 1024 });
}

// Node brings its own zlib, and it has compressed alike since Node 18. Level 4 is a third faster than the usual 6 for
// three hundredths more bytes.
const level = 4;
const blockSize = 64 * 1024;

/** The same bytes in blocks of one size, so that how they were read can't show in how they compress. */
async function* inBlocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafe(blockSize);
  let used = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.byteLength; ) {
      const part = chunk.subarray(at, at + blockSize - used);
      block.set(part, used);
      used += part.byteLength;
      at += part.byteLength;
      if (used < blockSize) continue;
      yield block;
      block = Buffer.allocUnsafe(blockSize);
      used = 0;
    }
  }
  if (used > 0) yield block.subarray(0, used);
}

/** The gzip header's last byte names the operating system (RFC 1952 §2.3.1); 255, unknown, is the same everywhere. */
function neutralHeader(chunk: Buffer, offset: number): Buffer {
  const at = 9 - offset;
  if (at < 0 || at >= chunk.byteLength) return chunk;
  const fixed = Buffer.from(chunk);
  fixed[at] = 255;
  return fixed;
}
