/** What every file, folder and link carries. */
export interface Meta {
  /** Permission bits, setuid, setgid and sticky included (07777). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since the epoch. Undefined: the image's own time. */
  readonly mtime: number | undefined;
  /** Extended attributes as PAX records hold them (`SCHILY.xattr.…`). */
  readonly xattrs?: ReadonlyMap<string, string> | undefined;
}

/** Where a file's bytes are. */
export interface Content {
  readonly size: number;
  /** The bytes, exactly `size` of them, or an error. Can be asked for again. */
  readonly read: () => AsyncIterable<Uint8Array>;
  /** The same at once, for what is small. */
  readonly whole?: () => Uint8Array;
}

export interface File extends Meta {
  readonly is: 'file';
  readonly content: Content;
  /** Files with the same one are one file under several names (hard links). */
  readonly inode?: object | undefined;
}

export interface Link extends Meta {
  readonly is: 'link';
  readonly target: string;
}

/** A device or a named pipe. */
export interface Special extends Meta {
  readonly is: 'char' | 'block' | 'fifo';
  readonly major: number;
  readonly minor: number;
}

export interface Dir extends Meta {
  readonly is: 'dir';
  /** Names and what they are; read from the disk when first asked for. */
  readonly children: () => Promise<Map<string, Node>>;
}

export type Node = File | Link | Special | Dir;

/** A path taken apart: no empty parts, no `.` and `..`. */
export type Parts = readonly string[];

/** A path can't be followed or written. The caller knows the place. */
export class Blocked extends Error {
  override readonly name = 'Blocked';
  readonly path: string;

  constructor(path: string, reason: string) {
    super(reason);
    this.path = path;
  }
}

/** A file of a base image is wanted whose content wasn't kept: read the base once more, and keep all. */
export class NotKept extends Error {
  override readonly name = 'NotKept';
}

/** A folder that holds these. */
export function dirOf(meta: Meta, children: Map<string, Node> = new Map()): Dir {
  const held = Promise.resolve(children);
  const { mode, uid, gid, mtime, xattrs } = meta;
  return { is: 'dir', mode, uid, gid, mtime, xattrs, children: () => held };
}

/** `/a/../b/` as parts: cleaned as text, as Docker does, before any link is followed. */
export function partsOf(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts;
}

export function pathOf(parts: Parts): string {
  return `/${parts.join('/')}`;
}

/** What stands at a path, links on the way not followed. Throws Blocked below a file. */
export async function lookup(root: Dir, parts: Parts): Promise<Node | undefined> {
  let node: Node | undefined = root;
  for (const [index, part] of parts.entries()) {
    if (node.is !== 'dir') throw new Blocked(pathOf(parts), `${pathOf(parts.slice(0, index))} is not a folder`);
    node = (await node.children()).get(part);
    if (node === undefined) return undefined;
  }
  return node;
}

const mostLinks = 255;

/**
 * The path with every link followed, the last one too, and never out of the root: `/` in a link is the root, and `..`
 * at the root stays there. What doesn't exist is kept as it is. Throws Blocked for a path below a file and for a loop.
 */
export async function follow(root: Dir, parts: Parts): Promise<string[]> {
  let rest = [...parts];
  let done: string[] = [];
  let node: Node | undefined = root;
  for (let links = 0; rest.length > 0; ) {
    const part = rest.shift() ?? '';
    if (node !== undefined && node.is !== 'dir') {
      throw new Blocked(pathOf(parts), `${pathOf(done)} is not a folder`);
    }
    const next: Node | undefined = (await node?.children())?.get(part);
    if (next?.is !== 'link') {
      done.push(part);
      node = next;
      continue;
    }
    if (++links > mostLinks) throw new Blocked(pathOf(parts), 'its links lead in a circle');
    const target = next.target.startsWith('/') ? next.target : `${pathOf(done)}/${next.target}`;
    // From the root again: what the link names may itself lie behind links.
    rest = [...partsOf(target), ...rest];
    done = [];
    node = root;
  }
  return done;
}

/** A copy that can be changed without the original noticing, which must not change itself. A folder is copied when it is first looked into. */
export function cloneTree(root: Dir): Dir {
  let copies: Promise<Map<string, Node>> | undefined;
  const children = () => {
    copies ??= root.children().then((originals) => {
      const entries = [...originals].map(([name, node]) => [name, node.is === 'dir' ? cloneTree(node) : node] as const);
      return new Map(entries);
    });
    return copies;
  };
  return { ...root, children };
}
