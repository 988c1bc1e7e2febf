import { type FileHandle, open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { usageError } from '../../errors.ts';
import type { World } from '../../wire/world.ts';
import { readEvent } from './run-line.ts';
import type { Runs } from './runs.ts';

/** Characters of one line; of a longer one nothing is taken. */
const longestLine = 1024 * 1024;
/** Between two looks at whether a file has grown. */
const lookMs = 500;

/** Takes text piece by piece as lines of events. `ended` tells of a last line without its end. */
export function takeLines(runs: Runs, from: string) {
  let [line, open, skipping] = [0, '', false];
  const take = (text: string): void => {
    line += 1;
    if (skipping) runs.fault(`Line ${line} is longer than a megabyte and left out.`, from);
    else if (text.trim() !== '') {
      const event = readEvent(text);
      if (typeof event === 'string') runs.fault(`Line ${line} ${event}.`, from);
      else runs.tell(event, from);
    }
    skipping = false;
  };
  return {
    take: (piece: string): void => {
      const lines = piece.split('\n');
      for (const [at, part] of lines.entries()) {
        if (!skipping) open += part;
        if (open.length > longestLine) [open, skipping] = ['', true];
        if (at === lines.length - 1) break;
        take(open);
        open = '';
      }
    },
    ended: (): void => {
      if (open === '' && !skipping) return;
      // A file without a line feed at its end is whole all the same if its last line is.
      if (!skipping && typeof readEvent(open) !== 'string') take(open);
      else runs.fault(`It ends within line ${line + 1}: whoever wrote it was cut off.`, from);
      [open, skipping] = ['', false];
    },
  };
}

/**
 * Opens a saved run, standard input as `-`, and reads it. Without `stays` to the end that it has now; with it, as it
 * grows, until the signal. Answers once it is open; `done` never fails. Throws USAGE where it can't be opened.
 */
export async function followFile(
  world: World,
  path: string,
  runs: Runs,
  stays: boolean,
): Promise<{ readonly done: Promise<void> }> {
  const from = path === '-' ? 'standard input' : path;
  const file = path === '-' ? undefined : await opened(path);
  const isGrowing = (await file?.stat())?.isFile() === true;
  const read = async (): Promise<void> => {
    try {
      if (file === undefined || !isGrowing) await readStream(file, from, runs, world.signal);
      else await readGrowing(world, { path, file }, runs, stays);
    } catch (error) {
      if (!world.signal.aborted) runs.fault(`It could not be read to its end: ${error}.`, from);
    } finally {
      await file?.close();
    }
  };
  return { done: read() };
}

async function opened(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, 'r');
    if (!(await file.stat()).isDirectory()) return file;
    await file.close();
    throw new Error('it is a folder');
  } catch (error) {
    const problem = `--run ${JSON.stringify(path)} can't be read: ${error instanceof Error ? error.message : error}.`;
    throw usageError(problem, 'ui');
  }
}

async function readStream(file: FileHandle | undefined, from: string, runs: Runs, signal: AbortSignal): Promise<void> {
  const stream = file?.createReadStream() ?? process.stdin;
  const stop = (): void => void stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const lines = takeLines(runs, from);
  const decoder = new StringDecoder();
  try {
    for await (const chunk of stream) lines.take(decoder.write(chunk as Buffer));
    lines.ended();
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function readGrowing(
  { clock, signal }: World,
  { path, file }: { readonly path: string; readonly file: FileHandle },
  runs: Runs,
  stays: boolean,
): Promise<void> {
  const buffer = Buffer.alloc(64 * 1024);
  let [lines, decoder, at] = [takeLines(runs, path), new StringDecoder(), 0];
  while (!signal.aborted) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    at += bytesRead;
    if (bytesRead > 0) {
      lines.take(decoder.write(buffer.subarray(0, bytesRead)));
      continue;
    }
    if (!stays) return lines.ended();
    if ((await file.stat()).size < at) {
      runs.fault('The file became shorter: it is read anew.', path);
      [lines, decoder, at] = [takeLines(runs, path), new StringDecoder(), 0];
      continue;
    }
    await clock.sleep(lookMs, signal).catch(() => undefined);
  }
}
