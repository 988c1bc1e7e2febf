import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TagboatError } from '../../errors.ts';
import { type Breathe, createBreath } from '../tree/breath.ts';
import { type Dir, dirOf, type Meta, type Node } from '../tree/tree.ts';
import { type FolderMatch, type Ignore, readDockerignore } from './dockerignore.ts';
import { type FileState, fileContent, reasonOf, unreadable } from './file.ts';

/** A build context: its files as far as .dockerignore lets them be seen. */
export interface Context {
  readonly root: Dir;
  /** The ignore file that applies, by its path, and its rules. */
  readonly ignoreFile: string | undefined;
  readonly ignore: Ignore | undefined;
}

export interface ContextOpening {
  /** Whether what was read of a folder is kept for the next look. Without, memory stays that of one folder. */
  readonly keep?: boolean;
  readonly signal?: AbortSignal;
}

const mostIgnoreBytes = 1024 * 1024;

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
  { keep = true, signal }: ContextOpening = {},
): Promise<Context> {
  const there = await stat(dir).catch(() => undefined);
  if (there?.isDirectory() !== true) throw new TagboatError('CONTEXT_NOT_FOUND', { image, dir });
  const real = await realpath(dir);
  const found = await readIgnoreFile([
    ...(dockerfile === undefined ? [] : [`${dockerfile}.dockerignore`]),
    join(real, '.dockerignore'),
  ]);
  const ignore = found === undefined ? undefined : readDockerignore(found.text, found.file);
  const reading: Reading = {
    ignore,
    inodeOf: createInodes(),
    folder: keep ? once : (read) => read,
    states: !keep,
    breathe: createBreath(signal),
  };
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
  readonly breathe: Breathe;
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

/** Names that aren't UTF-8 would come out as others, two of them as one. No builder takes them either. */
function namesIn(dir: string): readonly string[] {
  const names = readdirSync(dir);
  if (!names.some((name) => name.includes('\ufffd'))) return names;
  const odd = readdirSync(dir, { encoding: 'buffer' }).find((name) => !isUtf8(name));
  if (odd === undefined) return names;
  throw unreadable(join(dir, odd.toString()), 'its name is not UTF-8');
}

/** Asked one by one and at once, the file system answers several times faster than through a pool of threads. */
async function readFolder(
  dir: string,
  path: string,
  reading: Reading,
  folder: FolderMatch | undefined,
): Promise<Map<string, Node>> {
  const nodes = new Map<string, Node>();
  for (const name of attempt(dir, () => namesIn(dir))) {
    const below = path === '' ? name : `${path}/${name}`;
    const pause = reading.breathe();
    if (pause !== undefined) await pause;
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
  if (stats.isSymbolicLink()) return { is: 'link', ...meta, target: attempt(file, () => targetOf(file)) };
  // Sockets belong to a running program; a pipe would never end, and a device is not the app's.
  if (stats.isSocket()) return undefined;
  throw unreadable(file, 'it is a pipe or a device');
}

function targetOf(file: string): string {
  const target = readlinkSync(file, { encoding: 'buffer' });
  if (isUtf8(target)) return target.toString();
  throw unreadable(file, 'it is a link to a name that is not UTF-8');
}

function attempt<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof TagboatError ? error : unreadable(file, reasonOf(error));
  }
}

/**
 * Owner and time of this machine's files mean nothing in an image: root's, and the image's own time. Windows knows no right
 * to run a file, so there each has it, as Docker does it.
 */
function metaOf(stats: Stats): Meta {
  const mode = process.platform === 'win32' ? 0o755 : stats.mode & 0o7777;
  return { mode, uid: 0, gid: 0, mtime: undefined };
}

function stateOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): FileState {
  return { dev, ino, size, mtimeMs, ctimeMs };
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
