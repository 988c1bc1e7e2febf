import type { TreeChange } from '../tree/rootfs.ts';
import type { Node } from '../tree/tree.ts';
import { padding, type TarEntry, tarEnd, tarHeader } from './tar.ts';

/** All chunks of an archive but the last have this size: how its files were read can't show in how it compresses. */
export const blockSize = 256 * 1024;

/**
 * A layer's archive. Sorted entries, root's folders before what is in them, and no time but the image's: the same
 * changes give the same bytes on every machine, in chunks of `blockSize`.
 */
export function layerArchive(changes: readonly TreeChange[], time: number): AsyncGenerator<Buffer> {
  return inBlocks(piecesOf(changes, time));
}

async function* piecesOf(
  changes: readonly TreeChange[],
  time: number,
): AsyncGenerator<Uint8Array | AsyncIterable<Uint8Array>> {
  const named = new Map<object, string>();
  for (const { path, node } of changes) {
    if (node.is !== 'file') {
      yield tarHeader(entryOf(path, node, time));
      continue;
    }
    const first = node.inode === undefined ? undefined : named.get(node.inode);
    if (first !== undefined) {
      yield tarHeader({ ...entryOf(path, node, time), type: 'hardlink', size: 0, target: first });
      continue;
    }
    if (node.inode !== undefined) named.set(node.inode, path.slice(1));
    yield tarHeader(entryOf(path, node, time));
    yield node.content.whole?.() ?? node.content.read();
    yield padding(node.content.size);
  }
  yield tarEnd();
}

/** The same bytes in blocks of one size. Thousands of small files then cost a copy each, and no step of their own. */
export async function* inBlocks(pieces: AsyncIterable<Uint8Array | AsyncIterable<Uint8Array>>): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafeSlow(blockSize);
  let used = 0;
  function* put(bytes: Uint8Array): Generator<Buffer> {
    for (let at = 0; at < bytes.byteLength; ) {
      const part = at === 0 && bytes.byteLength <= blockSize - used ? bytes : bytes.subarray(at, at + blockSize - used);
      block.set(part, used);
      used += part.byteLength;
      at += part.byteLength;
      if (used < blockSize) continue;
      yield block;
      block = Buffer.allocUnsafeSlow(blockSize);
      used = 0;
    }
  }
  for await (const piece of pieces) {
    if (piece instanceof Uint8Array) yield* put(piece);
    else for await (const chunk of piece) yield* put(chunk);
  }
  if (used > 0) yield block.subarray(0, used);
}

function entryOf(path: string, node: Node, time: number): Omit<TarEntry, 'sparse'> {
  const name = path === '/' ? '.' : path.slice(1);
  const special = node.is === 'char' || node.is === 'block' || node.is === 'fifo';
  return {
    path: node.is === 'dir' ? `${name}/` : name,
    type: node.is,
    // Linux gives every link all permissions; a checkout on another system may not.
    mode: node.is === 'link' ? 0o777 : node.mode,
    uid: node.uid,
    gid: node.gid,
    mtime: node.mtime ?? time,
    size: node.is === 'file' ? node.content.size : 0,
    target: node.is === 'link' ? node.target : '',
    major: special ? node.major : 0,
    minor: special ? node.minor : 0,
    xattrs: node.xattrs ?? new Map(),
  };
}
