import { createHash, type Hash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { GitDataError } from '../failure.ts';
import type { ByteReader } from './bytes.ts';
import { makeDelta } from './delta.ts';
import { inflateHere, skipHere } from './inflate.ts';
import {
  type GitObject,
  idBytes,
  makeObject,
  type ObjectFormat,
  type ObjectId,
  type ObjectType,
  objectHash,
} from './object.ts';

/** One entry of a pack, at its offset from the pack's start. */
export type PackEntry = { readonly offset: number } & (
  | { readonly is: 'object'; readonly object: GitObject }
  /** To be applied to the entry at an offset of this pack, or to the object with an id. */
  | { readonly is: 'delta'; readonly base: number | ObjectId; readonly delta: Buffer }
  /** Larger than the limit: its id is worked out, its content is not kept. */
  | { readonly is: 'skipped'; readonly id: ObjectId; readonly type: ObjectType; readonly size: number }
);

export interface PackOptions {
  readonly format: ObjectFormat;
  /** Bytes of an object or a delta that may be held at once. */
  readonly limit: (type: ObjectType | 'delta') => number;
  /** What to do about a larger one. Deltas are always refused. */
  readonly oversized: 'refuse' | 'skip';
}

const types: Readonly<Record<number, ObjectType>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const offsetDelta = 6;
const idDelta = 7;

/**
 * Reads a pack (gitformat-pack) entry by entry. Checks its frame, its trailer and that nothing follows; ids are worked
 * out from the content, so an object with a wanted id is the wanted object. Throws GitDataError.
 */
export async function openPack(
  from: ByteReader,
  options: PackOptions,
): Promise<{ count: number; entries: AsyncGenerator<PackEntry> }> {
  const seen = createHash(options.format);
  const held = await from.peek(12);
  if (held.byteLength < 12) throw new GitDataError('cut', 'the pack ends before its first object');
  const version = held.readUInt32BE(4);
  if (held.toString('latin1', 0, 4) !== 'PACK' || (version !== 2 && version !== 3)) {
    throw new GitDataError('malformed', 'there is no pack where one should be');
  }
  const count = held.readUInt32BE(8);
  seen.update(from.take(12));
  return { count, entries: readEntries(from, count, seen, options) };
}

async function* readEntries(
  from: ByteReader,
  count: number,
  seen: Hash,
  options: PackOptions,
): AsyncGenerator<PackEntry> {
  const start = from.offset - 12;
  for (let left = count; left > 0; left--) yield await readEntry(from, start, seen, options);
  const length = idBytes[options.format];
  const trailer = await from.peek(length);
  if (trailer.byteLength < length) throw new GitDataError('cut', 'the pack ends before its checksum');
  if (!from.take(length).equals(seen.digest())) throw new GitDataError('malformed', "the pack's checksum is wrong");
  if ((await from.peek(1)).byteLength > 0) throw new GitDataError('malformed', 'something follows the pack');
}

/** One entry where the reader stands, in a pack that began at `start`. Its bytes go through `seen`. */
export async function readEntry(from: ByteReader, start: number, seen: Hash, options: PackOptions): Promise<PackEntry> {
  const { format, limit, oversized } = options;
  const offset = from.offset - start;
  const { code, size } = await readHead(from, seen);
  if (code === offsetDelta || code === idDelta) {
    const base = code === idDelta ? await readId(from, seen, format) : offset - (await readDistance(from, seen));
    if (typeof base === 'number' && base < 12) throw new GitDataError('malformed', 'a delta has its base outside');
    if (size > limit('delta')) throw new GitDataError('tooLarge', `a delta has ${size} bytes`);
    return { is: 'delta', offset, base, delta: await inflateHere(from, size, seen) };
  }
  const type = types[code];
  if (type === undefined) throw new GitDataError('malformed', `a pack entry has the type ${code}`);
  if (size <= limit(type)) {
    return { is: 'object', offset, object: makeObject(format, type, await inflateHere(from, size, seen)) };
  }
  if (oversized === 'refuse') throw new GitDataError('tooLarge', `a ${type} has ${size} bytes`, size);
  const hash = objectHash(format, type, size);
  await skipHere(from, size, seen, hash);
  return { is: 'skipped', offset, id: hash.digest('hex'), type, size };
}

/** Three bits of type and a size: four bits of it in the first byte, seven in each that follows. */
async function readHead(from: ByteReader, seen: Hash): Promise<{ code: number; size: number }> {
  const held = await from.peek(8);
  let byte = held[0] ?? 0;
  const code = (byte >> 4) & 7;
  let size = byte & 15;
  let used = 1;
  for (let factor = 16; byte >= 0x80 && used < 8; factor *= 128) {
    byte = held[used++] ?? 0;
    size += (byte & 0x7f) * factor;
  }
  if (used > held.byteLength) throw new GitDataError('cut', 'the pack ends in the middle of an object');
  if (byte >= 0x80) throw new GitDataError('malformed', 'a pack entry gives a size that no object has');
  seen.update(from.take(used));
  return { code, size };
}

/** Seven bits a byte, highest first, and one added for each byte that follows, so that no number has two spellings. */
async function readDistance(from: ByteReader, seen: Hash): Promise<number> {
  const held = await from.peek(8);
  let byte = held[0] ?? 0;
  let distance = byte & 0x7f;
  let used = 1;
  while (byte >= 0x80 && used < 8) {
    byte = held[used++] ?? 0;
    distance = (distance + 1) * 128 + (byte & 0x7f);
  }
  if (used > held.byteLength) throw new GitDataError('cut', 'the pack ends in the middle of a delta');
  if (byte >= 0x80 || distance === 0) throw new GitDataError('malformed', 'a delta has its base nowhere');
  seen.update(from.take(used));
  return distance;
}

async function readId(from: ByteReader, seen: Hash, format: ObjectFormat): Promise<ObjectId> {
  const length = idBytes[format];
  if ((await from.peek(length)).byteLength < length) throw new GitDataError('cut', 'the pack ends in a delta');
  const id = from.take(length);
  seen.update(id);
  return id.toString('hex');
}

/** An object to send, and one that the other side has already and of which it is a new version. */
export interface NewObject {
  readonly object: GitObject;
  readonly before?: GitObject;
}

/** A pack of these objects. With `deltas`, a new version goes as its difference from the one before (a thin pack). */
export function writePack(objects: readonly NewObject[], format: ObjectFormat, deltas: boolean): Buffer {
  const head = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  head.writeUInt32BE(objects.length, 8);
  const parts: Buffer[] = [head];
  const bases = new Set<ObjectId>();
  for (const { object, before } of objects) {
    // What others here are made of is sent whole: a value that is set and set back would be made of itself, which
    // git's index-pack refuses.
    const base = deltas && before?.id !== object.id && !bases.has(object.id) ? before : undefined;
    const delta = base === undefined ? undefined : makeDelta(base.content, object.content);
    if (delta !== undefined && base !== undefined) {
      bases.add(base.id);
      parts.push(writeHead(idDelta, delta.byteLength), Buffer.from(base.id, 'hex'), deflateSync(delta));
    } else {
      parts.push(writeHead(codeOf(object.type), object.content.byteLength), deflateSync(object.content));
    }
  }
  const body = Buffer.concat(parts);
  return Buffer.concat([body, createHash(format).update(body).digest()]);
}

function codeOf(type: ObjectType): number {
  return { commit: 1, tree: 2, blob: 3, tag: 4 }[type];
}

function writeHead(code: number, size: number): Buffer {
  const bytes: number[] = [];
  let first = (code << 4) | (size & 15);
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push(first | 0x80);
    first = rest % 128;
  }
  return Buffer.from([...bytes, first]);
}
