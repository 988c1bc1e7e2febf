import { type Dir, dirOf, type Meta, type Node, NotKept } from './tree.ts';

/** A node as JSON: short keys, because a base image has tens of thousands of them. Contents are kept where they are known at once. */
export interface NodeRecord {
  readonly is: Node['is'];
  /** Mode, owner, group, and the time where there is one. */
  readonly m: readonly [mode: number, uid: number, gid: number, mtime?: number];
  readonly x?: readonly (readonly [string, string])[] | undefined;
  /** A folder's children. Pairs, since a file may be called `__proto__`. */
  readonly c?: readonly (readonly [string, NodeRecord])[];
  readonly target?: string;
  readonly size?: number;
  /** Files with the same number are one file. */
  readonly i?: number | undefined;
  /** Base 64. */
  readonly text?: string | undefined;
  readonly d?: readonly [major: number, minor: number];
}

/** A tree as a record of it. */
export async function toRecord(root: Dir): Promise<NodeRecord> {
  const inodes = new Map<object, number>();
  const record = async (node: Node): Promise<NodeRecord> => {
    const { mode, uid, gid, mtime, xattrs } = node;
    const about = {
      is: node.is,
      m: mtime === undefined ? ([mode, uid, gid] as const) : ([mode, uid, gid, mtime] as const),
      x: xattrs && [...xattrs],
    };
    switch (node.is) {
      case 'dir': {
        const children: [string, NodeRecord][] = [];
        for (const [name, child] of await node.children()) children.push([name, await record(child)]);
        return { ...about, c: children };
      }
      case 'link':
        return { ...about, target: node.target };
      case 'file': {
        const { content, inode } = node;
        const known = inode === undefined ? undefined : (inodes.get(inode) ?? inodes.size);
        if (inode !== undefined && known !== undefined) inodes.set(inode, known);
        const bytes = content.whole?.();
        return {
          ...about,
          size: content.size,
          i: known,
          text: bytes && Buffer.from(bytes).toString('base64'),
        };
      }
      default:
        return { ...about, d: [node.major, node.minor] };
    }
  };
  return record(root);
}

/** The tree that a record is of; folders are made when they are looked into. Reading a content that isn't in it throws NotKept. */
export function fromRecord(root: NodeRecord): Node {
  const inodes = new Map<number, object>();
  const nodeOf = (record: NodeRecord): Node => {
    const [mode, uid, gid, mtime] = record.m;
    const meta: Meta = { mode, uid, gid, mtime, xattrs: record.x && new Map(record.x) };
    switch (record.is) {
      case 'dir': {
        let held: Promise<Map<string, Node>> | undefined;
        const children = () => {
          held ??= Promise.resolve(new Map((record.c ?? []).map(([name, child]) => [name, nodeOf(child)])));
          return held;
        };
        return { ...dirOf(meta), children };
      }
      case 'link':
        return { is: 'link', ...meta, target: record.target ?? '' };
      case 'file':
        return { is: 'file', ...meta, content: contentOf(record), inode: inodeOf(record.i) };
      default:
        return { is: record.is, ...meta, major: record.d?.[0] ?? 0, minor: record.d?.[1] ?? 0 };
    }
  };
  const inodeOf = (number: number | undefined): object | undefined => {
    if (number === undefined) return undefined;
    const inode = inodes.get(number) ?? {};
    inodes.set(number, inode);
    return inode;
  };
  return nodeOf(root);
}

function contentOf({ size = 0, text }: NodeRecord) {
  if (text === undefined) {
    const read = () => {
      throw new NotKept();
    };
    return { size, read };
  }
  const bytes = Buffer.from(text, 'base64');
  return {
    size,
    whole: () => bytes,
    read: async function* () {
      yield bytes;
    },
  };
}
