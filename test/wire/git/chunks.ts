import { ByteReader } from '../../../src/wire/git/pack/bytes.ts';

/** Bytes as they may come off the wire: cut into pieces of these sizes, over and over. */
export async function* inChunks(bytes: Uint8Array, sizes: readonly number[] = [65_536]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.byteLength; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    yield Buffer.from(bytes.subarray(at, at + size));
    at += size;
  }
}

export function readerOf(bytes: Uint8Array, sizes?: readonly number[]): ByteReader {
  return new ByteReader(inChunks(bytes, sizes));
}
