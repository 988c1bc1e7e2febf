import { createReadStream, createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Compression } from '../../plan/image.ts';
import { digestOf, finishDigest, startDigest } from '../../wire/oci/digest.ts';
import type { BlobSource, Digest } from '../../wire/oci/types.ts';
import type { Workspace } from '../tree/workspace.ts';
import type { Packer } from './packer.ts';
import { blockSize } from './write.ts';

/** A layer as its blob in a registry. */
export interface Packed {
  /** Of the compressed bytes. */
  readonly digest: Digest;
  readonly size: number;
  /** Of the bytes before compression: what the image's config lists (`diff_ids`). */
  readonly plainDigest: Digest;
  readonly compression: Compression;
  /** Its bytes; undefined when the repository has the blob. */
  readonly blob: BlobSource | undefined;
}

/** Layers that a repository has, by what they are before compression. */
export interface KnownLayers {
  /** Nothing is known: no layer is worth asking for. */
  readonly empty: boolean;
  /** The layer, when the repository has its blob at this moment. */
  find(plainDigest: Digest): Promise<Packed | undefined>;
}

export const nothingKnown: KnownLayers = { empty: true, find: async () => undefined };

/** What layers are packed with. */
export interface LayerPacking {
  readonly known: KnownLayers;
  readonly workspace: Workspace;
  readonly packer: Packer;
}

// What is smaller is compressed in memory at once: a file and a stream would cost more than the work itself.
const mostHeld = 1024 * 1024;

/** A layer's blob of its archive, which may be asked for twice; only hashed where the repository has it. */
export async function packLayer(archive: () => AsyncIterable<Uint8Array>, packing: LayerPacking): Promise<Packed> {
  const { known, workspace } = packing;
  const chunks = archive()[Symbol.asyncIterator]();
  const plain = startDigest();
  const held: Uint8Array[] = [];
  let size = 0;
  let open = true;
  try {
    while (size <= mostHeld) {
      workspace.signal.throwIfAborted();
      const next = await chunks.next();
      if (next.done === true) {
        open = false;
        break;
      }
      held.push(next.value);
      plain.update(next.value);
      size += next.value.byteLength;
    }
    if (!open) return await packWhole(Buffer.concat(held, size), finishDigest(plain), packing);
    if (known.empty) return await packStream(heldAndRest(held, chunks), packing);
    held.length = 0;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      workspace.signal.throwIfAborted();
      plain.update(next.value);
    }
  } finally {
    await chunks.return?.();
  }
  return (await known.find(finishDigest(plain))) ?? (await packStream(archive(), packing));
}

async function packWhole(archive: Buffer, plainDigest: Digest, { known, packer }: LayerPacking): Promise<Packed> {
  const there = await known.find(plainDigest);
  if (there !== undefined) return there;
  const bytes = await packer.whole(archive);
  const digest = digestOf(bytes);
  const size = bytes.byteLength;
  const openAt = (start: number) => Readable.from([bytes.subarray(start)], { objectMode: false });
  const blob = { digest, size, open: () => openAt(0), openAt };
  return { digest, size, plainDigest, compression: packer.compression, blob };
}

async function packStream(chunks: AsyncIterable<Uint8Array>, { workspace, packer }: LayerPacking): Promise<Packed> {
  const file = workspace.newFile();
  const plain = startDigest();
  const packed = startDigest();
  let size = 0;
  const counted = (async function* () {
    for await (const chunk of chunks) {
      plain.update(chunk);
      yield chunk;
    }
  })();
  const measured = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      size += chunk.byteLength;
      packed.update(chunk);
      done(null, chunk);
    },
  });
  const target = createWriteStream(file, { mode: 0o600 });
  const { signal } = workspace;
  await pipeline([Readable.from(counted), ...packer.streams(), measured, target], { signal });
  const digest = finishDigest(packed);
  const openAt = (start: number) => createReadStream(file, { start, highWaterMark: blockSize });
  const blob = { digest, size, open: () => openAt(0), openAt };
  return { digest, size, plainDigest: finishDigest(plain), compression: packer.compression, blob };
}

async function* heldAndRest(held: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let chunk = held.shift(); chunk !== undefined; chunk = held.shift()) yield chunk;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}
