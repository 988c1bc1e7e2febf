import type { Change } from './rootfs.ts';
import { padding, type TarEntry, tarEnd, tarHeader } from './tar.ts';
import type { Node } from './tree.ts';

/**
 * A layer's archive. Sorted entries, root's folders before what is in them, and no time but the image's: the same
 * changes give the same bytes on every machine.
 */
export async function* layerArchive(changes: readonly Change[], time: number): AsyncGenerator<Uint8Array> {
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
    const whole = node.content.whole?.();
    if (whole !== undefined) yield whole;
    else yield* node.content.read();
    yield padding(node.content.size);
  }
  yield tarEnd();
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
