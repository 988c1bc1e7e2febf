import { pipeline, Readable } from 'node:stream';
import * as zlib from 'node:zlib';

export type Packing = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz';

const magics: readonly (readonly [Packing, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** How these bytes are compressed, by their first ones; what the media type says isn't always true. */
export function packingOf(start: Uint8Array): Packing {
  return magics.find(([, magic]) => magic.every((byte, index) => start[index] === byte))?.[0] ?? 'none';
}

/** A stream with its compression taken off, or the compression that this Node can't take off. */
export async function unpacked(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly chunks: AsyncIterable<Uint8Array> } | { readonly unknown: Packing }> {
  const peeked = await peek(chunks);
  const packing = packingOf(peeked.start);
  if (packing === 'none') return { chunks: peeked.chunks };
  const decompressor = decompressorFor(packing);
  if (decompressor === undefined) {
    await peeked.close();
    return { unknown: packing };
  }
  // The error arrives where the decompressed stream is read.
  return { chunks: pipeline(Readable.from(peeked.chunks), decompressor, () => undefined) };
}

/** Whether a stream turned out not to be what its first bytes said: zlib's own codes, and zstd's. */
export function isDamaged(error: unknown): boolean {
  return /^(?:Z|ZSTD)_/.test((error as { code?: string }).code ?? '');
}

// Node's own 16 KiB mean a trip through the event loop for each: four times the work.
const chunkSize = 256 * 1024;

function decompressorFor(packing: Packing): zlib.Gunzip | undefined {
  if (packing === 'gzip') return zlib.createGunzip({ chunkSize });
  // Node has zstd from 22.15 on.
  const create = (zlib as unknown as { createZstdDecompress?: (options: zlib.ZlibOptions) => zlib.Gunzip })
    .createZstdDecompress;
  return packing === 'zstd' ? create?.({ chunkSize }) : undefined;
}

/** The first bytes of a stream, and the whole of it again. */
async function peek(chunks: AsyncIterable<Uint8Array>) {
  const iterator = chunks[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let size = 0;
  while (size < 6) {
    const next = await iterator.next();
    if (next.done === true) break;
    read.push(next.value);
    size += next.value.byteLength;
  }
  const close = async () => {
    await iterator.return?.();
  };
  const again = (async function* () {
    try {
      yield* read;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await close();
    }
  })();
  return { start: Buffer.concat(read), chunks: again, close };
}
