import { statfsSync } from 'node:fs';
import { platform } from 'node:os';
import type { FileState } from './file.ts';

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

/** Numbers in a state. */
const keyLength = 5;
const digestSize = 32;
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
  const chunks: Chunk[] = [];
  // Places of entries by a hash of their keys, counted from 1; twice as many as entries at least.
  let places = new Uint32Array(1024);
  let count = 0;
  const devices = new Map<number, boolean>();
  /** The key that is looked for, and its bits. */
  const key = new Float64Array(keyLength);
  const words = new Uint32Array(key.buffer);

  const isTrusted = (file: string, device: number): boolean => {
    const known = devices.get(device);
    if (known !== undefined) return known;
    const answer = platform() === 'linux' && trusted.has(statfsSync(file).type);
    devices.set(device, answer);
    return answer;
  };

  const write = (state: FileState): void => {
    key[0] = state.dev;
    key[1] = state.ino;
    key[2] = state.size;
    key[3] = state.mtimeMs;
    key[4] = state.ctimeMs;
  };

  const chunkOf = (number: number): Chunk => chunks[Math.floor(number / entriesInChunk)] ?? noChunk;

  const isKeyOf = (number: number): boolean => {
    const { keys } = chunkOf(number);
    const at = (number % entriesInChunk) * keyLength;
    for (let part = 0; part < keyLength; part++) if (keys[at + part] !== key[part]) return false;
    return true;
  };

  /** Where an entry of the key is, or would be. */
  const findPlace = (): number => {
    let place = hashOf(words) % places.length;
    for (;;) {
      const number = places[place] ?? 0;
      if (number === 0 || isKeyOf(number - 1)) return place;
      place = (place + 1) % places.length;
    }
  };

  const grow = (): void => {
    places = new Uint32Array(places.length * 2);
    for (let number = 0; number < count; number++) {
      const at = (number % entriesInChunk) * keyLength;
      key.set(chunkOf(number).keys.subarray(at, at + keyLength));
      places[findPlace()] = number + 1;
    }
  };

  return {
    keep: (file, state, digest) => {
      if (count >= mostEntries || !(state.ctimeMs < began - youngMs) || !isTrusted(file, state.dev)) return;
      // Some file systems number files beyond what a double tells apart.
      if (!Number.isSafeInteger(state.ino)) return;
      write(state);
      const place = findPlace();
      if (places[place] !== 0) return;
      if (count % entriesInChunk === 0) chunks.push(newChunk(entriesInChunk));
      const { keys, digests } = chunkOf(count);
      const at = count % entriesInChunk;
      keys.set(key, at * keyLength);
      digests.write(digest, at * digestSize, 'hex');
      places[place] = ++count;
      if (count * 2 > places.length) grow();
    },
    find: (state) => {
      write(state);
      const number = places[findPlace()] ?? 0;
      if (number === 0) return undefined;
      const at = ((number - 1) % entriesInChunk) * digestSize;
      return chunkOf(number - 1).digests.toString('hex', at, at + digestSize);
    },
  };
}

/** Entries that stand together: one object for each would weigh more than what is in it. */
interface Chunk {
  readonly keys: Float64Array;
  readonly digests: Buffer;
}

function newChunk(entries: number): Chunk {
  return {
    keys: new Float64Array(entries * keyLength),
    digests: Buffer.allocUnsafeSlow(entries * digestSize),
  };
}

const noChunk = newChunk(0);

/** The bits in which inodes and times differ are spread over their doubles. */
function hashOf(words: Uint32Array): number {
  const [, , low = 0, high = 0, , , , , times = 0, later = 0] = words;
  const mixed = Math.imul(low ^ high, 0x85ebca6b) ^ times;
  return (Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) ^ later) >>> 0;
}
