import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { machineLimits } from '../../errors/entry.ts';
import { TagboatError } from '../../errors.ts';
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

/** A new folder that only this user can look into. Throws TEMP_UNUSABLE, DISK_FULL. */
export async function makeTempDir(env: Env, prefix: string): Promise<string> {
  const parent = env.TMPDIR || tmpdir();
  return mkdtemp(join(parent, prefix)).catch((error: unknown) => {
    throw machineTrouble(error, parent) ?? error;
  });
}

// Of others, too, so that only those of the folder itself count.
const placeReasons: Readonly<Record<string, string>> = {
  ENOENT: "it isn't there",
  ENOTDIR: 'it is no folder',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
};

/** What a failure says about the machine, however deep it lies; undefined when it is about something else. */
export function machineTrouble(error: unknown, dir: string): TagboatError | undefined {
  // Node wraps some causes.
  let at = error as { code?: unknown; path?: unknown; cause?: unknown } | null | undefined;
  for (let depth = 0; at !== undefined && at !== null && depth < 8; at = at.cause as typeof at, depth++) {
    const code = String(at.code ?? '');
    if (code === 'ENOSPC' || code === 'EDQUOT') return new TagboatError('DISK_FULL', { path: dir }, { cause: error });
    const here = String(at.path ?? '').startsWith(dir);
    const reason = machineLimits[code] ?? (here ? placeReasons[code] : undefined);
    if (reason !== undefined) return new TagboatError('TEMP_UNUSABLE', { path: dir, reason }, { cause: error });
  }
  return undefined;
}

/** A workspace in a folder of its own. Throws TEMP_UNUSABLE, DISK_FULL. */
export async function createWorkspace(env: Env, signal: AbortSignal): Promise<Workspace> {
  const dir = await makeTempDir(env, 'tagboat-build-');
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
