import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Env } from '../../wire/world.ts';

/** A private folder for what is too large for memory. Gone at the end of the build, however it ends. */
export interface Workspace {
  readonly dir: string;
  /** Writes a stream to a file of its own; answers the file. */
  spool(chunks: AsyncIterable<Uint8Array>): Promise<string>;
  /** The path of a file that isn't there yet. */
  newFile(): string;
  readonly signal: AbortSignal;
  remove(): Promise<void>;
}

/** A folder that only this user can look into. */
export async function createWorkspace(env: Env, signal: AbortSignal): Promise<Workspace> {
  const dir = await mkdtemp(join(env.TMPDIR || tmpdir(), 'tagboat-build-'));
  let files = 0;
  const newFile = () => join(dir, `${files++}`);
  return {
    dir,
    spool: async (chunks) => {
      const file = newFile();
      await pipeline(chunks, createWriteStream(file, { mode: 0o600 }), { signal });
      return file;
    },
    newFile,
    signal,
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** A whole file as a stream. */
export function fileChunks(file: string): AsyncIterable<Uint8Array> {
  return createReadStream(file, { highWaterMark: 256 * 1024 });
}

/** A part of a file as a stream. */
export function fileRange(file: string, offset: number, size: number): AsyncIterable<Uint8Array> {
  if (size === 0) return Readable.from([]);
  return createReadStream(file, { start: offset, end: offset + size - 1, highWaterMark: 256 * 1024 });
}
