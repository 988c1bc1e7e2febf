import { createHash, hash } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { TagboatError } from '../../errors.ts';
import type { Content } from '../tree/tree.ts';
import type { FileContent } from './file.ts';
import type { Seen } from './seen.ts';

/** Tells the digest of a file's bytes, in hex: at once where it can. Throws CONTEXT_UNREADABLE. */
export type ReadDigest = (content: Content) => string | Promise<string>;

// Up to this size a file is read in one go, and nothing else happens meanwhile: a detour costs more than the read.
const smallFile = 128 * 1024;
const chunkSize = 1024 * 1024;
const readOnly = constants.O_RDONLY | constants.O_NOFOLLOW;

/** Reads files for their digests, with three buffers of memory. With `seen`, each is kept with its file's state. */
export function createDigestReader(signal: AbortSignal, seen?: Seen): ReadDigest {
  const small = Buffer.allocUnsafe(smallFile + 1);
  let chunks: [Buffer, Buffer] | undefined;
  let busy: Promise<unknown> = Promise.resolve();
  let sinceTurn = 0;

  /** Lets requests and timers have their turn now and then: reading many small files never waits by itself. */
  const breathe = async (digest: string): Promise<string> => {
    sinceTurn = 0;
    await turn();
    signal.throwIfAborted();
    return digest;
  };

  return (content) => {
    const { file, size, state } = content as FileContent;
    if (file === undefined) return digestOfStream(content);
    if (size <= smallFile) {
      const digest = attempt(file, () => digestOfSmall(file, size, small));
      if (state !== undefined) seen?.keep(file, state, digest);
      sinceTurn += 16 * 1024 + size;
      return sinceTurn < 4 * 1024 * 1024 ? digest : breathe(digest);
    }
    // One large file at a time: two would only take each other's disk, and buffers of their own.
    chunks ??= [Buffer.allocUnsafe(chunkSize), Buffer.allocUnsafe(chunkSize)];
    const buffers = chunks;
    const digest = busy.then(() => digestOfLarge(file, size, buffers, signal));
    busy = digest.catch(() => undefined);
    if (state === undefined || seen === undefined) return digest;
    return digest.then((found) => {
      seen.keep(file, state, found);
      return found;
    });
  };
}

/** Reads files whose state isn't one that was seen; for the others answers what was read then. */
export function readUnseen(seen: Seen, read: ReadDigest): ReadDigest {
  return (content) => {
    const { state } = content as Partial<FileContent>;
    return (state === undefined ? undefined : seen.find(state)) ?? read(content);
  };
}

function digestOfSmall(file: string, size: number, buffer: Buffer): string {
  const handle = openSync(file, readOnly);
  try {
    // One byte more is asked for than there should be, so that a file that has grown shows, and the end does too.
    const read = readSync(handle, buffer, 0, size + 1, 0);
    if (read !== size) throw changed(file);
  } finally {
    closeSync(handle);
  }
  return hash('sha256', buffer.subarray(0, size), 'hex');
}

/** The next piece is read while this one is hashed. */
async function digestOfLarge(
  file: string,
  size: number,
  [one, other]: readonly [Buffer, Buffer],
  signal: AbortSignal,
): Promise<string> {
  try {
    const handle = await open(file, readOnly);
    try {
      const whole = createHash('sha256');
      let [filled, free] = [one, other];
      let at = 0;
      let reading = handle.read(filled, 0, chunkSize, at);
      for (;;) {
        const { bytesRead } = await reading;
        if (bytesRead === 0) break;
        at += bytesRead;
        if (at > size) break;
        signal.throwIfAborted();
        const bytes = filled.subarray(0, bytesRead);
        [filled, free] = [free, filled];
        reading = handle.read(filled, 0, chunkSize, at);
        // Should hashing throw, nobody waits for this one any more.
        reading.catch(() => undefined);
        whole.update(bytes);
      }
      if (at !== size) throw changed(file);
      return whole.digest('hex');
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw named(file, error);
  }
}

async function digestOfStream(content: Content): Promise<string> {
  const whole = createHash('sha256');
  for await (const chunk of content.read()) whole.update(chunk);
  return whole.digest('hex');
}

function attempt<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw named(file, error);
  }
}

function named(file: string, error: unknown): unknown {
  const { code } = error as { code?: unknown };
  if (error instanceof TagboatError || typeof code !== 'string') return error;
  return new TagboatError('CONTEXT_UNREADABLE', { path: file, reason: code }, { cause: error });
}

function changed(file: string): TagboatError<'CONTEXT_UNREADABLE'> {
  return new TagboatError('CONTEXT_UNREADABLE', { path: file, reason: 'it changed while it was read' });
}
