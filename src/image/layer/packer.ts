import { Transform } from 'node:stream';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { Compression } from '../../plan/image.ts';
import { blockSize } from './write.ts';

/** One way to compress a layer. The same bytes come to the same bytes, with the same zlib or zstd. */
export interface Packer {
  readonly compression: Compression;
  whole(bytes: Buffer): Promise<Buffer>;
  /** Streams to send the bytes through, one after the other. */
  streams(): Transform[];
}

// Node brings its own zlib: 20, 22 and 24 compress to the same bytes. Level 4 takes two fifths of what the usual 6 takes,
// for six hundredths more bytes.
const level = 4;

const gzip: Packer = {
  compression: 'gzip',
  whole: async (bytes) => {
    const packed = await promisify(zlib.gzip)(bytes, { level });
    packed[systemByte] = unknownSystem;
    return packed;
  },
  streams: () => [zlib.createGzip({ level, chunkSize: blockSize }), neutralHeader()],
};

// The gzip header's last byte names the operating system (RFC 1952 §2.3.1); 255, unknown, is the same everywhere.
const systemByte = 9;
const unknownSystem = 255;

function neutralHeader(): Transform {
  let offset = 0;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      const at = systemByte - offset;
      offset += chunk.byteLength;
      if (at < 0 || at >= chunk.byteLength) return done(null, chunk);
      const fixed = Buffer.from(chunk);
      fixed[at] = unknownSystem;
      done(null, fixed);
    },
  });
}

/** Node has zstd from 22.15 on; the types here are those of 20. */
const newer = zlib as unknown as {
  readonly zstdCompress?: (bytes: Buffer, done: (error: Error | null, packed: Buffer) => void) => void;
  readonly createZstdCompress?: (options: { chunkSize: number }) => Transform;
};

/** The packer for a compression, or undefined where this Node has none. */
export function packerFor(compression: Compression): Packer | undefined {
  if (compression === 'gzip') return gzip;
  const { zstdCompress, createZstdCompress } = newer;
  if (zstdCompress === undefined || createZstdCompress === undefined) return undefined;
  return {
    compression,
    whole: promisify(zstdCompress) as (bytes: Buffer) => Promise<Buffer>,
    streams: () => [createZstdCompress({ chunkSize: blockSize })],
  };
}
