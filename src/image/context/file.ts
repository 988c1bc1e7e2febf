import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { TagboatError } from '../../errors.ts';
import type { Content } from '../tree/tree.ts';

// Files up to this size are read in one go: a stream costs more than the read.
const smallFile = 64 * 1024;

/** A file on this machine. */
export interface FileContent extends Content {
  /** Its path, for who reads it in a way of its own. */
  readonly file: string;
  /** What it was when its folder was read, before any of its bytes. */
  readonly state?: FileState | undefined;
}

/** What tells a file from another and from what it was before. */
export interface FileState {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** A file's bytes, of exactly this size. Throws CONTEXT_UNREADABLE when it has become another one. */
export function fileContent(file: string, size: number, state?: FileState): FileContent {
  const content = { file, size, read: () => readLarge(file, size), state };
  return size > smallFile ? content : { ...content, whole: () => readSmall(file, size) };
}

// The file was no link when it was looked at. Should it be one now, somebody is swapping files under us.
const readOnly = constants.O_RDONLY | constants.O_NOFOLLOW;

function readSmall(file: string, size: number): Uint8Array {
  try {
    const handle = openSync(file, readOnly);
    try {
      const bytes = Buffer.alloc(size);
      const same = fstatSync(handle).size === size && readSync(handle, bytes, 0, size, 0) === size;
      if (!same) throw changed(file);
      return bytes;
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw error instanceof TagboatError ? error : unreadable(file, reasonOf(error));
  }
}

async function* readLarge(file: string, size: number): AsyncGenerator<Uint8Array> {
  try {
    const handle = await open(file, readOnly);
    try {
      let left = size;
      for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: 256 * 1024 })) {
        left -= chunk.byteLength;
        if (left < 0) break;
        yield chunk;
      }
      if (left !== 0) throw changed(file);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw error instanceof TagboatError ? error : unreadable(file, reasonOf(error));
  }
}

function changed(file: string): TagboatError<'CONTEXT_UNREADABLE'> {
  return unreadable(file, 'it changed while it was read');
}

/** CONTEXT_UNREADABLE for a path. */
export function unreadable(path: string, reason: string): TagboatError<'CONTEXT_UNREADABLE'> {
  return new TagboatError('CONTEXT_UNREADABLE', { path, reason });
}

/** Why the file system refused, in words where there are some. */
export function reasonOf(error: unknown): string {
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  const words: Readonly<Record<string, string>> = {
    EACCES: 'you may not read it',
    EPERM: 'you may not read it',
    ENOENT: 'it was gone when it was to be read',
    ELOOP: 'it became a link while it was read',
    EISDIR: 'it is a folder',
    EMFILE: 'too many files are open',
  };
  return words[code] ?? message;
}
