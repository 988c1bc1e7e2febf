import { createHash } from 'node:crypto';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitDataError } from '../failure.ts';
import { ByteReader } from './bytes.ts';
import { applyDelta } from './delta.ts';
import { type GitObject, makeObject, type ObjectFormat, type ObjectId, type ObjectType } from './object.ts';
import { openPack, type PackOptions, readEntry } from './pack.ts';

/** The temp folder can't take the packs. */
export class SpoolFailure extends Error {
  override readonly name = 'SpoolFailure';
  readonly folder: string;

  constructor(folder: string, cause: unknown) {
    super(`${folder}: ${(cause as Error).message}`, { cause });
    this.folder = folder;
  }
}

/** Packs kept in a temp file, for hosts that can't send single objects: memory holds an index of them alone. */
export interface Spool {
  /** Takes a whole pack. One that fails on the way leaves nothing behind. */
  add(pack: AsyncIterable<Buffer>): Promise<void>;
  /** The object, its size when it is too large to be held, or undefined. */
  get(id: ObjectId, type: ObjectType): Promise<GitObject | { readonly size: number } | undefined>;
  close(): Promise<void>;
}

/** Bytes of one object that may be held. */
const mostHeld = 16 * 1024 * 1024;
/** Bytes of objects kept because deltas may build on them. */
const mostCached = 16 * 1024 * 1024;

interface Entry {
  /** Where its pack begins. */
  readonly start: number;
  /** Undefined for a delta: it has its base's. */
  readonly type: ObjectType | undefined;
  readonly base: number | ObjectId | undefined;
}

export async function createSpool(format: ObjectFormat, mostBytes: number): Promise<Spool> {
  const folder = await mkdtemp(join(tmpdir(), 'tagboat-pack-')).catch((error: unknown) => {
    throw new SpoolFailure(tmpdir(), error);
  });
  const file = await open(join(folder, 'packs'), 'wx+', 0o600).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw new SpoolFailure(folder, error);
  });
  const options: PackOptions = { format, limit: () => mostHeld, oversized: 'skip' };
  /** By offset in the file. */
  const entries = new Map<number, Entry>();
  const offsets = new Map<ObjectId, number>();
  const large = new Map<ObjectId, number>();
  const cache = new Map<number, GitObject>();
  let cached = 0;
  let unresolved: number[] = [];
  let length = 0;

  const add = async (pack: AsyncIterable<Buffer>): Promise<void> => {
    const start = length;
    const found: [number, Entry, ObjectId | undefined][] = [];
    const from = new ByteReader(copied(pack, file, start, mostBytes, folder));
    const { entries: read } = await openPack(from, options);
    for await (const entry of read) {
      const at = start + entry.offset;
      if (entry.is === 'skipped') large.set(entry.id, entry.size);
      else if (entry.is === 'object')
        found.push([at, { start, type: entry.object.type, base: undefined }, entry.object.id]);
      else {
        const base = typeof entry.base === 'number' ? start + entry.base : entry.base;
        found.push([at, { start, type: undefined, base }, undefined]);
      }
    }
    length = start + from.offset;
    for (const [at, entry, id] of found) {
      entries.set(at, entry);
      if (id === undefined) unresolved.push(at);
      else offsets.set(id, at);
    }
  };

  const placeOf = (base: number | ObjectId): number | undefined =>
    typeof base === 'number' ? base : offsets.get(base);

  /** From an entry down to the one that is no delta, or undefined while a base's place isn't known. */
  const chainOf = (at: number): number[] | undefined => {
    const chain = [at];
    for (let entry = entries.get(at); entry?.base !== undefined; ) {
      const next = placeOf(entry.base);
      if (next === undefined || chain.length > 10_000) return undefined;
      chain.push(next);
      entry = entries.get(next);
      if (entry === undefined) return undefined;
    }
    return chain;
  };

  const readAt = (at: number) => {
    const start = entries.get(at)?.start ?? 0;
    return readEntry(new ByteReader(fileFrom(file, at)), start - at, createHash(format), options);
  };

  const load = async (chain: readonly number[]): Promise<GitObject | undefined> => {
    let depth = chain.findIndex((at) => cache.has(at));
    let object = depth < 0 ? undefined : cache.get(chain[depth] ?? -1);
    for (depth = depth < 0 ? chain.length - 1 : depth - 1; depth >= 0; depth--) {
      const at = chain[depth] ?? 0;
      const entry = await readAt(at);
      if (entry.is === 'object') object = entry.object;
      else if (entry.is === 'delta' && object !== undefined) {
        object = makeObject(format, object.type, applyDelta(object.content, entry.delta, mostHeld));
      } else return undefined;
      remember(at, object);
    }
    return object;
  };

  const remember = (at: number, object: GitObject): void => {
    cache.set(at, object);
    cached += object.content.byteLength;
    for (const [oldest, { content }] of cache) {
      if (cached <= mostCached || oldest === at) break;
      cache.delete(oldest);
      cached -= content.byteLength;
    }
  };

  /** Works out the ids of deltas of this type, in the packs' order, until the wanted one is among them. */
  const search = async (id: ObjectId, type: ObjectType): Promise<GitObject | undefined> => {
    for (let before = -1; before !== unresolved.length; ) {
      before = unresolved.length;
      const rest: number[] = [];
      let found: GitObject | undefined;
      for (const at of unresolved) {
        const chain = found === undefined ? chainOf(at) : undefined;
        const root = chain === undefined ? undefined : entries.get(chain.at(-1) ?? -1);
        const object = chain !== undefined && root?.type === type ? await load(chain) : undefined;
        if (object === undefined) rest.push(at);
        else offsets.set(object.id, at);
        if (object?.id === id) found = object;
      }
      unresolved = rest;
      if (found !== undefined) return found;
    }
    return undefined;
  };

  return {
    add,
    get: async (id, type) => {
      const size = large.get(id);
      if (size !== undefined) return { size };
      const at = offsets.get(id);
      const chain = at === undefined ? undefined : chainOf(at);
      return chain === undefined ? search(id, type) : load(chain);
    },
    close: async () => {
      await file.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Writes what passes to the file. */
async function* copied(
  pack: AsyncIterable<Buffer>,
  file: FileHandle,
  start: number,
  mostBytes: number,
  folder: string,
): AsyncGenerator<Buffer> {
  let at = start;
  for await (const chunk of pack) {
    if (at + chunk.byteLength > mostBytes) {
      throw new GitDataError('tooLarge', `the repository's tip makes a pack of more than ${mostBytes} bytes`);
    }
    try {
      await file.write(chunk, 0, chunk.byteLength, at);
    } catch (error) {
      throw new SpoolFailure(folder, error);
    }
    at += chunk.byteLength;
    yield chunk;
  }
}

async function* fileFrom(file: FileHandle, start: number): AsyncGenerator<Buffer> {
  for (let at = start; ; ) {
    const chunk = Buffer.allocUnsafe(8 * 1024);
    const { bytesRead } = await file.read(chunk, 0, chunk.byteLength, at);
    if (bytesRead === 0) return;
    yield chunk.subarray(0, bytesRead);
    at += bytesRead;
  }
}
