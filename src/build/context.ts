import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { lstat, open, readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TagboatError } from '../errors.ts';
import { type Content, type Dir, dirOf, type Meta, type Node } from './assemble/tree.ts';
import { type FolderMatch, type Ignore, readDockerignore } from './dockerignore.ts';

/** A build context: its files as far as .dockerignore lets them be seen. */
export interface Context {
  readonly root: Dir;
  /** The ignore file that applies, by its path, and its rules. */
  readonly ignoreFile: string | undefined;
  readonly ignore: Ignore | undefined;
}

const mostIgnoreBytes = 1024 * 1024;
// Files up to this size are read in one go: a stream costs more than the read.
const smallFile = 64 * 1024;

/**
 * Opens a build context. Folders are read when they are first looked into, so that what no instruction copies costs
 * nothing. Links stay links and are never followed on this machine: nothing outside of `dir` can be read.
 * Throws CONTEXT_NOT_FOUND, CONTEXT_UNREADABLE, DOCKERIGNORE_INVALID.
 */
export async function openContext(image: string, dir: string, dockerfile: string): Promise<Context> {
  const there = await stat(dir).catch(() => undefined);
  if (there?.isDirectory() !== true) throw new TagboatError('CONTEXT_NOT_FOUND', { image, dir });
  const real = await realpath(dir);
  const found = await readIgnoreFile([`${dockerfile}.dockerignore`, join(real, '.dockerignore')]);
  const ignore = found === undefined ? undefined : readDockerignore(found.text, found.file);
  const reading: Reading = { ignore, inodeOf: createInodes() };
  const children = once(() => readFolder(real, '', reading, undefined));
  return { root: { ...dirOf(metaOf(there)), children }, ignoreFile: found?.file, ignore };
}

/** The first of these files that exists; one beside the Dockerfile goes before the context's own. */
async function readIgnoreFile(files: readonly string[]): Promise<{ file: string; text: string } | undefined> {
  for (const file of files) {
    const there = await stat(file).catch(() => undefined);
    if (there === undefined) continue;
    if (!there.isFile() || there.size > mostIgnoreBytes) throw unreadable(file, 'it is no text file of a usual size');
    try {
      return { file, text: await readFile(file, 'utf8') };
    } catch (error) {
      throw unreadable(file, reasonOf(error));
    }
  }
  return undefined;
}

/** What reading one context needs everywhere. */
interface Reading {
  readonly ignore: Ignore | undefined;
  /** The same object for the same file, whichever of its names is asked for. */
  readonly inodeOf: (stats: Stats) => object;
}

function createInodes(): Reading['inodeOf'] {
  const known = new Map<string, object>();
  return ({ dev, ino }) => {
    const key = `${dev}:${ino}`;
    const inode = known.get(key) ?? {};
    known.set(key, inode);
    return inode;
  };
}

async function readFolder(
  dir: string,
  path: string,
  reading: Reading,
  folder: FolderMatch | undefined,
): Promise<Map<string, Node>> {
  const names = await readdir(dir).catch((error) => {
    throw unreadable(dir, reasonOf(error));
  });
  const nodes = await Promise.all(
    names.map(async (name): Promise<[string, Node | undefined]> => {
      const below = path === '' ? name : `${path}/${name}`;
      const tested = reading.ignore?.test(below, folder);
      if (tested?.out === true && reading.ignore?.keepsSome !== true) return [name, undefined];
      return [name, await readNode(join(dir, name), below, reading, tested)];
    }),
  );
  return new Map(nodes.filter((entry): entry is [string, Node] => entry[1] !== undefined));
}

async function readNode(
  file: string,
  path: string,
  reading: Reading,
  tested: { readonly out: boolean; readonly match: FolderMatch } | undefined,
): Promise<Node | undefined> {
  const stats = await lstat(file).catch((error) => {
    throw unreadable(file, reasonOf(error));
  });
  const meta = metaOf(stats);
  if (stats.isDirectory()) {
    const children = once(() => readFolder(file, path, reading, tested?.match));
    // A folder left out is there all the same when something in it is kept.
    if (tested?.out === true && (await children()).size === 0) return undefined;
    return { ...dirOf(meta), children };
  }
  if (tested?.out === true) return undefined;
  if (stats.isFile()) {
    const content = fileContent(file, stats.size);
    return { is: 'file', ...meta, content, ...(stats.nlink > 1 ? { inode: reading.inodeOf(stats) } : {}) };
  }
  if (stats.isSymbolicLink()) return { is: 'link', ...meta, target: await readlink(file) };
  // Sockets belong to a running program; a pipe would never end, and a device is not the app's.
  if (stats.isSocket()) return undefined;
  throw unreadable(file, 'it is a pipe or a device');
}

/** Owner and time of this machine's files mean nothing in an image: root's, and the image's own time. */
function metaOf(stats: Stats): Meta {
  return { mode: stats.mode & 0o7777, uid: 0, gid: 0, mtime: undefined };
}

/** A file's bytes, of exactly this size. Throws CONTEXT_UNREADABLE when it has become another one. */
export function fileContent(file: string, size: number): Content {
  const read = () => readLarge(file, size);
  return size > smallFile ? { size, read } : { size, read, whole: () => readSmall(file, size) };
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

function unreadable(path: string, reason: string): TagboatError<'CONTEXT_UNREADABLE'> {
  return new TagboatError('CONTEXT_UNREADABLE', { path, reason });
}

function reasonOf(error: unknown): string {
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  const words: Readonly<Record<string, string>> = {
    EACCES: 'you may not read it',
    EPERM: 'you may not read it',
    ENOENT: 'it was gone when it was to be read, or its name is not UTF-8',
    ELOOP: 'it became a link while it was read',
    EISDIR: 'it is a folder',
    EMFILE: 'too many files are open',
  };
  return words[code] ?? message;
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
