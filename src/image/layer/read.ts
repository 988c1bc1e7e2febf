import { TagboatError } from '../../errors.ts';
import { createBreath } from '../tree/breath.ts';
import { largestAccounts } from '../tree/owner.ts';
import {
  Blocked,
  type Content,
  type Dir,
  dirOf,
  follow,
  lookup,
  type Meta,
  type Node,
  NotKept,
  type Parts,
  partsOf,
  pathOf,
} from '../tree/tree.ts';
import { fileRange } from '../tree/workspace.ts';
import { BrokenArchive } from './archive-bytes.ts';
import type { TarEntry } from './tar.ts';
import { readTar } from './untar.ts';

/** An entry of a layer with its content, if that is kept. */
export interface LayerEntry extends TarEntry {
  readonly content: Content;
}

/** A layer's entries from its uncompressed archive. Contents can be read later only with `file`, the same on disk. */
export async function readLayer(chunks: AsyncIterable<Uint8Array>, file: string | undefined): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [];
  await readTar(chunks, (entry, offset) => {
    if (file !== undefined) {
      entries.push({ ...entry, content: rangeOf(file, offset, entry) });
      return undefined;
    }
    if (!isAccounts(entry)) {
      entries.push({ ...entry, content: { size: entry.size, read: notKept } });
      return undefined;
    }
    const kept: Buffer[] = [];
    // Chunks are copied: the stream may use their memory again.
    entries.push({
      ...entry,
      content: {
        size: entry.size,
        whole: () => Buffer.concat(kept),
        read: async function* () {
          yield* kept;
        },
      },
    });
    return (chunk) => kept.push(Buffer.from(chunk));
  });
  return entries;
}

function rangeOf(file: string, offset: number, entry: TarEntry): Content {
  if (!entry.sparse) return { size: entry.size, read: () => fileRange(file, offset, entry.size) };
  return {
    size: entry.size,
    read: () => {
      throw new TagboatError('ASSEMBLE_NEEDS_BUILDER', { needs: `${entry.path} is stored as a sparse file` });
    },
  };
}

function isAccounts(entry: TarEntry): boolean {
  const path = partsOf(entry.path).join('/');
  return entry.type === 'file' && entry.size <= largestAccounts && /^(?:usr\/)?etc\/(?:passwd|group)$/.test(path);
}

function notKept(): never {
  throw new NotKept();
}

const whiteout = '.wh.';
const opaque = '.wh..wh..opq';

/**
 * Puts a layer on the ones below (OCI image spec, layer.md): what it brings wins, `.wh.x` takes x of the layers below
 * away, `.wh..wh..opq` everything of theirs in its folder. `root` is changed in place. Throws Blocked, BrokenArchive.
 */
export async function applyLayer(root: Dir, entries: readonly LayerEntry[]): Promise<Dir> {
  let top = root;
  const own: OwnPaths = new Map();
  const breathe = createBreath();
  const place = async (parts: Parts, node: Node): Promise<void> => {
    const name = parts.at(-1);
    if (name === undefined) {
      if (node.is === 'dir') top = dirOf(node, await top.children());
      return;
    }
    const folder = await folderAt(top, parts.slice(0, -1));
    const there = folder.get(name);
    const keeps = node.is === 'dir' && there?.is === 'dir';
    folder.set(name, keeps ? dirOf(node, await there.children()) : node);
    let at = own;
    for (const part of parts) {
      const below: OwnPaths = at.get(part) ?? new Map();
      at.set(part, below);
      at = below;
    }
  };
  for (const entry of entries) {
    const pause = breathe();
    if (pause !== undefined) await pause;
    const written = partsOf(entry.path);
    const name = written.at(-1) ?? '';
    const parent = await follow(top, written.slice(0, -1));
    const parts = written.length === 0 ? [] : [...parent, name];
    if (name === opaque) {
      const folder = await folderAt(top, parent);
      const kept = ownAt(own, parent);
      for (const child of [...folder.keys()]) if (kept?.has(child) !== true) folder.delete(child);
    } else if (name.startsWith(whiteout)) {
      const gone = name.slice(whiteout.length);
      // AUFS keeps its own books under .wh..wh. names.
      if (!gone.startsWith(whiteout) && ownAt(own, parent)?.has(gone) !== true) {
        (await folderAt(top, parent)).delete(gone);
      }
    } else {
      const node = await nodeOf(entry, top);
      if (node !== undefined) await place(parts, node);
      // Owner and permissions are the file's, not its name's: the other name has them now too.
      if (node !== undefined && entry.type === 'hardlink') await place(await hardlinkTarget(entry, top), node);
    }
  }
  return top;
}

/** What a layer brought, as a tree of names. */
interface OwnPaths extends Map<string, OwnPaths> {}

function ownAt(own: OwnPaths, parts: Parts): OwnPaths | undefined {
  let at: OwnPaths | undefined = own;
  for (const part of parts) at = at?.get(part);
  return at;
}

/** A folder's children; folders that a layer only implies are made as Docker makes them. */
async function folderAt(root: Dir, parts: Parts): Promise<Map<string, Node>> {
  let children = await root.children();
  for (const [index, part] of parts.entries()) {
    let next = children.get(part);
    if (next === undefined) {
      next = dirOf({ mode: 0o755, uid: 0, gid: 0, mtime: undefined });
      children.set(part, next);
    }
    if (next.is !== 'dir') throw new Blocked(pathOf(parts), `${pathOf(parts.slice(0, index + 1))} is not a folder`);
    children = await next.children();
  }
  return children;
}

/** Where the file is that a hard link names: links on the way are followed, the last part is the file itself. */
export async function hardlinkTarget(entry: LayerEntry, root: Dir): Promise<Parts> {
  const named = partsOf(entry.target);
  return [...(await follow(root, named.slice(0, -1))), ...named.slice(-1)];
}

/** An entry as a node; a hard link is the file that it names. Undefined for what means nothing to a file system. */
export async function nodeOf(entry: LayerEntry, root: Dir): Promise<Node | undefined> {
  const { mode, uid, gid, mtime } = entry;
  const meta: Meta = { mode, uid, gid, mtime, xattrs: entry.xattrs.size === 0 ? undefined : entry.xattrs };
  switch (entry.type) {
    case 'file':
      return { is: 'file', ...meta, content: entry.content };
    case 'dir':
      return dirOf(meta);
    case 'link':
      return { is: 'link', ...meta, target: entry.target };
    case 'char':
    case 'block':
    case 'fifo':
      return { is: entry.type, ...meta, major: entry.major, minor: entry.minor };
    case 'hardlink': {
      const target = await lookup(root, await hardlinkTarget(entry, root));
      if (target === undefined || target.is === 'dir') {
        throw new BrokenArchive(`${entry.path} links to ${entry.target}, which isn't there`);
      }
      const same = { ...meta, xattrs: target.xattrs };
      return target.is === 'file' ? { ...target, ...same, inode: target.inode ?? {} } : { ...target, ...same };
    }
    default:
      return undefined;
  }
}
