import { statfsSync } from 'node:fs';
import { platform } from 'node:os';
import type { FileContent, FileState } from '../context.ts';
import type { ReadDigest } from './read.ts';

/** Digests of files by the state that they were read in, so that what stayed as it was needn't be read again. */
export interface Seen {
  /**
   * Keeps a digest when file and state are such that a change would show. The state is that from before the first byte was
   * read: what changed during the reading has another one since.
   */
  keep(file: string, state: FileState, digest: string): void;
  /** The digest of a file in this state. */
  find(state: FileState): string | undefined;
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
 * Remembers in a few megabytes, however many files. A state is inode, size and both times. `began` is a time before any
 * state was looked at, in milliseconds of the clock that file times come from: a file that changed as late as that isn't
 * kept, because one more change could leave its state the same (git's "racy" entries).
 */
export function createSeen(began: number): Seen {
  const chunks: Buffer[] = [];
  // Places of entries by a hash of their keys, counted from 1; twice as many as entries at least.
  let places = new Uint32Array(1024);
  let count = 0;
  const devices = new Map<number, boolean>();
  const parts = new Float64Array(keySize / 8);
  const key = Buffer.from(parts.buffer);

  const isTrusted = (file: string, device: number): boolean => {
    const known = devices.get(device);
    if (known !== undefined) return known;
    const answer = platform() === 'linux' && trusted.has(statfsSync(file).type);
    devices.set(device, answer);
    return answer;
  };

  const write = (state: FileState): void => {
    parts[0] = state.dev;
    parts[1] = state.ino;
    parts[2] = state.size;
    parts[3] = state.mtimeMs;
    parts[4] = state.ctimeMs;
  };

  const entry = (number: number): Buffer => {
    const at = (number % entriesInChunk) * entrySize;
    return (chunks[Math.floor(number / entriesInChunk)] ?? Buffer.alloc(0)).subarray(at, at + entrySize);
  };

  /** Where an entry of this key is, or would be. */
  const placeOf = (wanted: Buffer): number => {
    let place = (hashOf(wanted) >>> 0) % places.length;
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
    keep: (file, state, digest) => {
      if (count >= mostEntries || !(state.ctimeMs < began - youngMs) || !isTrusted(file, state.dev)) return;
      // Some file systems number files beyond what a double tells apart.
      if (!Number.isSafeInteger(state.ino)) return;
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

/** The bits in which inodes and times differ are spread over their doubles. */
function hashOf(key: Buffer): number {
  const mixed = Math.imul(key.readUInt32LE(8) ^ key.readUInt32LE(12), 0x85ebca6b) ^ key.readUInt32LE(32);
  return Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) ^ key.readUInt32LE(36);
}

/** Reads files whose state isn't one that was seen; for the others answers what was read then. */
export function readUnseen(seen: Seen, read: ReadDigest): ReadDigest {
  return (content) => {
    const { state } = content as Partial<FileContent>;
    return (state === undefined ? undefined : seen.find(state)) ?? read(content);
  };
}
