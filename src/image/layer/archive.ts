import { TagboatError } from '../../errors.ts';
import { createBreath } from '../tree/breath.ts';
import type { Owner } from '../tree/owner.ts';
import type { Rootfs } from '../tree/rootfs.ts';
import {
  Blocked,
  type Content,
  type Dir,
  dirOf,
  follow,
  lookup,
  type Node,
  type Parts,
  partsOf,
  pathOf,
} from '../tree/tree.ts';
import { fileChunks, type Workspace } from '../tree/workspace.ts';
import { BrokenArchive } from './archive-bytes.ts';
import { hardlinkTarget, type LayerEntry, nodeOf, readLayer } from './read.ts';
import { block } from './tar.ts';
import { isDamaged, type Packing, packingOf, unpacked } from './unpack.ts';
import { isTarHeader } from './untar.ts';

/** What ADD finds in a local file. */
export type Archive =
  | { readonly is: 'archive' }
  | { readonly is: 'plain' }
  | { readonly is: 'unknown'; readonly packing: Packing };

/** Whether a file is a tar archive that ADD unpacks, compressed or not: it is when its first header is one. */
export async function archiveKind(content: Content): Promise<Archive> {
  const start = await startOf(content.read(), 6);
  const packing = packingOf(start);
  // What can't be looked into may or may not be one.
  if (packing !== 'none' && packing !== 'gzip') return { is: 'unknown', packing };
  const plain = await unpacked(content.read());
  if ('unknown' in plain) return { is: 'unknown', packing };
  // A gzip file that is damaged is no archive either: it is copied as it is.
  const first = await startOf(plain.chunks, block).catch(() => Buffer.alloc(0));
  return { is: isTarHeader(first) ? 'archive' : 'plain' };
}

async function startOf(chunks: AsyncIterable<Uint8Array>, size: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let got = 0;
  for await (const chunk of chunks) {
    parts.push(Buffer.from(chunk));
    got += chunk.byteLength;
    if (got >= size) break;
  }
  return Buffer.concat(parts);
}

/**
 * Unpacks an archive into a folder as ADD does (moby's chrootarchive): links lead nowhere but into that folder, what is
 * there is replaced unless both are folders, owners and times are the archive's own. Throws ARCHIVE_INVALID, Blocked.
 */
export async function unpackArchive(
  rootfs: Rootfs,
  archive: { readonly path: string; readonly content: Content },
  dest: string,
  how: { readonly owner: Owner | undefined; readonly workspace: Workspace },
): Promise<void> {
  const at = await follow(rootfs.root, partsOf(dest));
  const root: Owner = { uid: 0, gid: 0 };
  await rootfs.makeDirs(at, { mode: 0o755, ...(how.owner ?? root), mtime: undefined });
  try {
    const plain = await unpacked(archive.content.read());
    if ('unknown' in plain) throw new BrokenArchive(`it is packed with ${plain.unknown}`);
    const file = await how.workspace.spool(plain.chunks);
    const entries = await readLayer(fileChunks(file), file);
    const breathe = createBreath(how.workspace.signal);
    for (const entry of entries) {
      const pause = breathe();
      if (pause !== undefined) await pause;
      await place(rootfs, at, entry, how.owner);
    }
  } catch (error) {
    if (!(error instanceof BrokenArchive) && !isDamaged(error)) throw error;
    const reason = error instanceof BrokenArchive ? error.message : 'its compression is damaged';
    throw new TagboatError('ARCHIVE_INVALID', { path: archive.path, reason }, { cause: error });
  }
}

async function place(rootfs: Rootfs, at: Parts, entry: LayerEntry, owner: Owner | undefined): Promise<void> {
  // `..` above the archive's root stays at the root, as in the chroot where Docker unpacks.
  const written = partsOf(entry.path);
  // The archive's own root: the folder is there already.
  if (written.length === 0) return;
  const folder = await folderOf(rootfs, at);
  await refuseDangling(folder, written.slice(0, -1), entry.path);
  const parent = [...at, ...(await follow(folder, written.slice(0, -1)))];
  await rootfs.makeDirs(parent, { mode: 0o755, uid: 0, gid: 0, mtime: undefined });
  const node = await nodeOf(entry, await folderOf(rootfs, at));
  if (node === undefined) throw new BrokenArchive(`${entry.path} is of a kind that has no place in an image`);
  const owned: Node = owner === undefined ? node : { ...node, ...owner };
  const path = [...parent, ...written.slice(-1)];
  const there = await lookup(rootfs.root, path);
  if (owned.is === 'dir' && there?.is === 'dir') await rootfs.restamp(path, owned);
  else await rootfs.put(path, owned.is === 'dir' ? dirOf(owned) : owned);
  // Owner and permissions are the file's, not its name's: the other name has them now too.
  if (entry.type === 'hardlink') await rootfs.put([...at, ...(await hardlinkTarget(entry, folder))], owned);
}

/** A folder is not made behind a link that leads nowhere. */
async function refuseDangling(folder: Dir, parts: Parts, path: string): Promise<void> {
  for (let depth = 1; depth <= parts.length; depth++) {
    const above = await follow(folder, parts.slice(0, depth - 1));
    const node = await lookup(folder, [...above, ...parts.slice(depth - 1, depth)]);
    if (node === undefined) return;
    if (node.is === 'link' && (await lookup(folder, await follow(folder, parts.slice(0, depth)))) === undefined) {
      throw new BrokenArchive(`${path} lies behind a link to ${node.target}, which isn't there`);
    }
  }
}

async function folderOf(rootfs: Rootfs, at: Parts): Promise<Dir> {
  const folder = await lookup(rootfs.root, at);
  if (folder?.is !== 'dir') throw new Blocked(pathOf(at), 'it is not a folder');
  return folder;
}
