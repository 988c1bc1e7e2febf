import { Blocked, type Dir, dirOf, lookup, type Meta, type Node, type Parts, partsOf, pathOf } from './tree.ts';

/** One thing that an instruction put into the image. */
export interface TreeChange {
  readonly path: string;
  readonly node: Node;
}

/** A stage's files, with a record of what changed since the last layer. */
export interface Rootfs {
  readonly root: Dir;
  /** Puts a node at a path whose folder exists, in place of what is there. */
  put(parts: Parts, node: Node): Promise<void>;
  /** Gives a folder that exists other properties; its content stays. */
  restamp(parts: Parts, meta: Meta): Promise<void>;
  /** Makes a folder and those above it that are missing. Throws Blocked when something else stands there. */
  makeDirs(parts: Parts, meta: Meta): Promise<void>;
  /**
   * What changed since the last call, sorted by path, with the folders above it. Each path once, as it is now. Who
   * unpacks a layer by itself, as Docker does, gives a folder that it doesn't mention to root, whatever it was below.
   */
  takeChanges(): Promise<TreeChange[]>;
}

/** A root filesystem to work on. `root` is changed in place: hand in a copy. */
export function createRootfs(start: Dir): Rootfs {
  let root = start;
  const changed = new Set<string>();

  const put = async (parts: Parts, node: Node): Promise<void> => {
    const name = parts.at(-1);
    if (name === undefined) {
      if (node.is !== 'dir') throw new Blocked('/', 'it is the root of the image');
      root = node;
    } else {
      const parent = await lookup(root, parts.slice(0, -1));
      if (parent?.is !== 'dir') throw new Blocked(pathOf(parts), `${pathOf(parts.slice(0, -1))} is not a folder`);
      (await parent.children()).set(name, node);
    }
    changed.add(pathOf(parts));
  };

  const restamp = async (parts: Parts, meta: Meta): Promise<void> => {
    const dir = await lookup(root, parts);
    if (dir?.is !== 'dir') throw new Blocked(pathOf(parts), 'it is not a folder');
    await put(parts, dirOf(meta, await dir.children()));
  };

  const makeDirs = async (parts: Parts, meta: Meta): Promise<void> => {
    let at = root;
    for (const [index, part] of parts.entries()) {
      const children = await at.children();
      const there = children.get(part);
      const path = () => pathOf(parts.slice(0, index + 1));
      if (there !== undefined && there.is !== 'dir') {
        throw new Blocked(path(), 'it is there already and not a folder');
      }
      at = there ?? dirOf(meta);
      if (there !== undefined) continue;
      children.set(part, at);
      changed.add(path());
    }
  };

  const takeChanges = async (): Promise<TreeChange[]> => {
    const paths = new Set<string>();
    for (const path of changed) {
      for (let above = path; above !== '' && !paths.has(above); above = above.slice(0, above.lastIndexOf('/'))) {
        paths.add(above);
      }
    }
    changed.clear();
    const changes: TreeChange[] = [];
    for (const path of [...paths].sort(byName)) {
      const node = await lookup(root, partsOf(path)).catch(() => undefined);
      if (node !== undefined) changes.push({ path, node });
    }
    return changes;
  };

  return {
    get root() {
      return root;
    },
    put,
    restamp,
    makeDirs,
    takeChanges,
  };
}

/** By UTF-16 units, never by locale: the same everywhere. */
export function byName(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
