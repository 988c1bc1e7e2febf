import type { FolderMatch, Ignore } from '../context/dockerignore.ts';
import type { Chmod } from '../tree/chmod.ts';
import type { Owner } from '../tree/owner.ts';
import { byName, type Rootfs } from '../tree/rootfs.ts';
import {
  Blocked,
  type Dir,
  dirOf,
  follow,
  lookup,
  type Meta,
  type Node,
  type Parts,
  partsOf,
  pathOf,
} from '../tree/tree.ts';

/** How things are written. */
export interface Writing {
  readonly owner: Owner | undefined;
  /** `--chmod`: for files and folders, and by number for folders made on the way. */
  readonly chmod: Chmod | undefined;
  /** What is left out, by its path below the source. */
  readonly exclude: Ignore | undefined;
  /** What alone is taken (`--parents`), by its path below the source. */
  readonly include: Ignore | undefined;
}

/** A source in its tree. */
export interface CopySource {
  readonly root: Dir;
  readonly path: Parts;
}

/** The folder that a destination means: all of it when it ends in a slash, what is above its last part otherwise. */
function folderOf(dest: string): string[] {
  const parts = partsOf(dest);
  return /\/\.?$/.test(dest) ? parts : parts.slice(0, -1);
}

/**
 * Copies one file, link or folder to `dest`, an absolute path where a slash at the end counts. The rules are those of
 * BuildKit's copier: a folder's content goes into the destination, a link named as the source is followed, links inside
 * of folders stay links, links in the destination's path are followed, its last part too. Throws Blocked.
 * Answers false when the source doesn't exist.
 */
export async function copyOne(rootfs: Rootfs, from: CopySource, dest: string, writing: Writing): Promise<boolean> {
  const made: Meta = {
    // Folders made on the way take the permissions of a --chmod by number, but never its setuid, setgid and sticky bits.
    mode: (writing.chmod?.octal ?? 0o755) & 0o777,
    uid: writing.owner?.uid ?? 0,
    gid: writing.owner?.gid ?? 0,
    mtime: undefined,
  };
  await rootfs.makeDirs(await follow(rootfs.root, folderOf(dest)), made);
  const source = await findSource(from);
  if (source === undefined) return false;
  let target = await follow(rootfs.root, partsOf(dest));
  const there = await lookup(rootfs.root, target);
  const name = from.path.at(-1);
  if (source.is !== 'dir' && there?.is === 'dir' && name !== undefined) target = [...target, name];
  await rootfs.makeDirs(source.is === 'dir' && there === undefined ? target : target.slice(0, -1), made);
  await createCopier(rootfs, writing).copy(source, '', target, false, undefined, undefined);
  return true;
}

/** The source with its links followed; a path below a file, or in a circle of links, is as missing as any other. */
export async function findSource(from: CopySource): Promise<Node | undefined> {
  try {
    return await lookup(from.root, await follow(from.root, from.path));
  } catch (error) {
    if (error instanceof Blocked) return undefined;
    throw error;
  }
}

interface Above {
  readonly node: Dir;
  readonly target: Parts;
  copied: boolean;
}

function createCopier(rootfs: Rootfs, writing: Writing) {
  const { include, exclude } = writing;
  const above: Above[] = [];

  const stamped = (node: Node): Node => {
    const owner = writing.owner ?? { uid: node.uid, gid: node.gid };
    const mode = node.is === 'link' ? undefined : writing.chmod?.apply(node.mode, node.is === 'dir');
    return { ...node, ...owner, mode: mode ?? node.mode };
  };

  /** Makes the folders above something taken that were themselves not taken. */
  const makeAbove = async (overwrite: boolean): Promise<void> => {
    for (const folder of above) {
      if (folder.copied) continue;
      folder.copied = true;
      const there = await lookup(rootfs.root, folder.target);
      if (there === undefined) await rootfs.put(folder.target, dirOf(stamped(folder.node)));
      else if (there.is !== 'dir') throw new Blocked(pathOf(folder.target), 'it is there already and not a folder');
      else if (overwrite) await rootfs.restamp(folder.target, { ...there, mode: folder.node.mode });
    }
  };

  /** `path` is the one below the source, for the patterns; `overwrite` says whether a folder that exists is restamped. */
  const copy = async (
    node: Node,
    path: string,
    target: Parts,
    overwrite: boolean,
    includeMatch: FolderMatch | undefined,
    excludeMatch: FolderMatch | undefined,
  ): Promise<void> => {
    const included = path === '' ? undefined : include?.test(path, includeMatch);
    const excluded = path === '' ? undefined : exclude?.test(path, excludeMatch);
    const taken = included?.out !== false && excluded?.out !== true;
    if (node.is !== 'dir') {
      if (!taken) return;
      await makeAbove(overwrite);
      const there = await lookup(rootfs.root, target);
      if (there?.is === 'dir')
        throw new Blocked(pathOf(target), 'a folder is there already, and a file can not replace it');
      return rootfs.put(target, stamped(node));
    }
    if (taken) {
      await makeAbove(overwrite);
      const there = await lookup(rootfs.root, target);
      if (there === undefined) await rootfs.put(target, dirOf(stamped(node)));
      else if (there.is !== 'dir') throw new Blocked(pathOf(target), 'something is there already that is not a folder');
      else if (overwrite) await rootfs.restamp(target, stamped(node));
    }
    // Nothing below can be taken again where no pattern says "!".
    if (excluded?.out === true && exclude?.keepsSome !== true) return;
    above.push({ node, target, copied: taken });
    const children = await node.children();
    for (const name of [...children.keys()].sort(byName)) {
      const child = children.get(name);
      const below = path === '' ? name : `${path}/${name}`;
      if (child !== undefined) await copy(child, below, [...target, name], true, included?.match, excluded?.match);
    }
    above.pop();
  };

  return { copy };
}

/** Puts a whole layer on top, as `--link` does: what it brings wins, folders are merged and take its properties. */
export async function overlay(rootfs: Rootfs, layer: Rootfs): Promise<void> {
  for (const { path, node } of await layer.takeChanges()) {
    const parts = partsOf(path);
    const there = await lookup(rootfs.root, parts).catch(() => undefined);
    if (node.is === 'dir' && there?.is === 'dir') await rootfs.restamp(parts, node);
    else await rootfs.put(parts, node.is === 'dir' ? dirOf(node) : node);
  }
}
