import { type BigIntStats, lstatSync, statfsSync } from 'node:fs';
import { platform } from 'node:os';
import type { FileContent } from '../context.ts';
import type { ReadDigest } from './read.ts';

/** Digests of files by the state that they were read in, so that what stayed as it was needn't be read again. */
export interface Seen {
  /** Milliseconds since the epoch, on the clock that file times come from. */
  readonly now: () => number;
  /**
   * Keeps a digest when file and state are such that a change would show. The state is that after the last byte was read,
   * `began` the time before the first one: where the ctime is older, nothing happened to the file in between.
   */
  keep(file: string, state: BigIntStats, began: number, digest: string): void;
  /** The digest of a file in this state. */
  find(state: BigIntStats): string | undefined;
}

const keySize = 40;
const entrySize = keySize + 32;
const entriesInChunk = 4096;
// 70 bytes a file; what lies beyond is read again.
const mostEntries = 512 * 1024;
// Coarser than the times of any file system below, which with small inodes are whole seconds.
const youngMs = 2_000;

// Local ones of Linux, where nobody can set a ctime: ext, XFS, Btrfs, tmpfs, overlay, F2FS, ZFS. A network's may be cached.
const trusted: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0xf2f52010, 0x2fc12fc1,
]);

/**
 * Remembers in a few megabytes, however many files. A state is inode, size and both times; one that is as young as the
 * reading isn't kept, because a change right after it could leave it the same (git's "racy" entries).
 */
export function createSeen(now: () => number): Seen {
  const chunks: Buffer[] = [];
  // Places of entries by a hash of their keys, counted from 1; twice as many as entries at least.
  let places = new Uint32Array(1024);
  let count = 0;
  const devices = new Map<bigint, boolean>();
  const parts = new BigUint64Array(keySize / 8);
  const key = Buffer.from(parts.buffer);

  const isTrusted = (file: string, device: bigint): boolean => {
    const known = devices.get(device);
    if (known !== undefined) return known;
    const answer = platform() === 'linux' && trusted.has(statfsSync(file).type);
    devices.set(device, answer);
    return answer;
  };

  const write = (state: BigIntStats): void => {
    parts[0] = state.dev;
    parts[1] = state.ino;
    parts[2] = state.size;
    parts[3] = state.mtimeNs;
    parts[4] = state.ctimeNs;
  };

  const entry = (number: number): Buffer => {
    const at = (number % entriesInChunk) * entrySize;
    return (chunks[Math.floor(number / entriesInChunk)] ?? Buffer.alloc(0)).subarray(at, at + entrySize);
  };

  /** Where an entry of this key is, or would be. */
  const placeOf = (wanted: Buffer): number => {
    let place = (Math.imul(wanted.readUInt32LE(8) ^ wanted.readUInt32LE(32), 0x9e3779b1) >>> 0) % places.length;
    for (;;) {
      const number = places[place] ?? 0;
      if (
        number === 0 ||
        entry(number - 1)
          .subarray(0, keySize)
          .equals(wanted)
      )
        return place;
      place = (place + 1) % places.length;
    }
  };

  const grow = (): void => {
    places = new Uint32Array(places.length * 2);
    for (let number = 0; number < count; number++) places[placeOf(entry(number).subarray(0, keySize))] = number + 1;
  };

  return {
    now,
    keep: (file, state, began, digest) => {
      if (count >= mostEntries || state.ctimeNs >= BigInt(began - youngMs) * 1_000_000n) return;
      if (!isTrusted(file, state.dev)) return;
      write(state);
      const place = placeOf(key);
      if (places[place] !== 0) return;
      if (count % entriesInChunk === 0) chunks.push(Buffer.allocUnsafeSlow(entriesInChunk * entrySize));
      const made = entry(count);
      key.copy(made);
      made.write(digest, keySize, 'hex');
      places[place] = ++count;
      if (count * 2 > places.length) grow();
    },
    find: (state) => {
      write(state);
      const number = places[placeOf(key)] ?? 0;
      return number === 0 ? undefined : entry(number - 1).toString('hex', keySize);
    },
  };
}

/** Reads files whose state isn't one that was seen; for the others answers what was read then. */
export function readUnseen(seen: Seen, read: ReadDigest): ReadDigest {
  return (content) => {
    const { file, size } = content as Partial<FileContent>;
    if (file === undefined) return read(content);
    const state = lstatSync(file, { bigint: true, throwIfNoEntry: false });
    // Whatever else it has become, reading it says so.
    if (state?.isFile() !== true || state.size !== BigInt(size ?? -1)) return read(content);
    return seen.find(state) ?? read(content);
  };
}
