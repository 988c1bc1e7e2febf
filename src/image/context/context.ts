import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { open, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TagboatError } from '../../errors.ts';
import { type Content, type Dir, dirOf, type Meta, type Node } from '../tree/tree.ts';
import { type FolderMatch, type Ignore, readDockerignore } from './dockerignore.ts';

/** A build context: its files as far as .dockerignore lets them be seen. */
export interface Context {
  readonly root: Dir;
  /** The ignore file that applies, by its path, and its rules. */
  readonly ignoreFile: string | undefined;
  readonly ignore: Ignore | undefined;
}

export interface ContextOpening {
  /** Whether what was read of a folder is kept for the next look. Without, memory stays that of one folder. */
  readonly keep: boolean;
}

const mostIgnoreBytes = 1024 * 1024;
// Files up to this size are read in one go: a stream costs more than the read.
const smallFile = 64 * 1024;

/**
 * Opens a build context; one by its name has no Dockerfile of its own. Folders are read when they are first looked
 * into, so that what no instruction copies costs nothing. Links stay links and are never followed on this machine:
 * nothing outside of `dir` can be read.
 * Throws CONTEXT_NOT_FOUND, CONTEXT_UNREADABLE, DOCKERIGNORE_INVALID.
 */
export async function openContext(
  image: string,
  dir: string,
  dockerfile: string | undefined,
  { keep }: ContextOpening = { keep: true },
): Promise<Context> {
  const there = await stat(dir).catch(() => undefined);
  if (there?.isDirectory() !== true) throw new TagboatError('CONTEXT_NOT_FOUND', { image, dir });
  const real = await realpath(dir);
  const found = await readIgnoreFile([
    ...(dockerfile === undefined ? [] : [`${dockerfile}.dockerignore`]),
    join(real, '.dockerignore'),
  ]);
  const ignore = found === undefined ? undefined : readDockerignore(found.text, found.file);
  const reading: Reading = { ignore, inodeOf: createInodes(), folder: keep ? once : (read) => read, states: !keep };
  const children = reading.folder(() => readFolder(real, '', reading, undefined));
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
  /** How a folder's reading is done again: not at all, or each time. */
  readonly folder: (read: Children) => Children;
  /** Whether files tell their state; who keeps a whole tree in memory does without. */
  readonly states: boolean;
}

type Children = Dir['children'];

function createInodes(): Reading['inodeOf'] {
  const known = new Map<string, object>();
  return ({ dev, ino }) => {
    const key = `${dev}:${ino}`;
    const inode = known.get(key) ?? {};
    known.set(key, inode);
    return inode;
  };
}

/** Asked one by one and at once, the file system answers several times faster than through a pool of threads. */
async function readFolder(
  dir: string,
  path: string,
  reading: Reading,
  folder: FolderMatch | undefined,
): Promise<Map<string, Node>> {
  const nodes = new Map<string, Node>();
  for (const name of attempt(dir, () => readdirSync(dir))) {
    const below = path === '' ? name : `${path}/${name}`;
    const tested = reading.ignore?.test(below, folder);
    if (tested?.out === true && reading.ignore?.keepsSome !== true) continue;
    const node = await readNode(join(dir, name), below, reading, tested);
    if (node !== undefined) nodes.set(name, node);
  }
  return nodes;
}

async function readNode(
  file: string,
  path: string,
  reading: Reading,
  tested: { readonly out: boolean; readonly match: FolderMatch } | undefined,
): Promise<Node | undefined> {
  const stats = attempt(file, () => lstatSync(file));
  const meta = metaOf(stats);
  if (stats.isDirectory()) {
    const read = () => readFolder(file, path, reading, tested?.match);
    // Read to the bottom to know whether it is there, a folder left out isn't read a second time.
    const children = tested?.out === true ? once(read) : reading.folder(read);
    // A folder left out is there all the same when something in it is kept.
    if (tested?.out === true && (await children()).size === 0) return undefined;
    return { ...dirOf(meta), children };
  }
  if (tested?.out === true) return undefined;
  if (stats.isFile()) {
    const content = fileContent(file, stats.size, reading.states ? stateOf(stats) : undefined);
    return { is: 'file', ...meta, content, inode: stats.nlink > 1 ? reading.inodeOf(stats) : undefined };
  }
  if (stats.isSymbolicLink()) return { is: 'link', ...meta, target: attempt(file, () => readlinkSync(file)) };
  // Sockets belong to a running program; a pipe would never end, and a device is not the app's.
  if (stats.isSocket()) return undefined;
  throw unreadable(file, 'it is a pipe or a device');
}

function attempt<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unreadable(file, reasonOf(error));
  }
}

/** Owner and time of this machine's files mean nothing in an image: root's, and the image's own time. */
function metaOf(stats: Stats): Meta {
  return { mode: stats.mode & 0o7777, uid: 0, gid: 0, mtime: undefined };
}

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

function stateOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): FileState {
  return { dev, ino, size, mtimeMs, ctimeMs };
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
