import { randomBytes } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Replaces a file's content in one step: at every moment it is the old file or the new one, with its mode, and its
 * owner where we may set that. A symbolic link stays; what it points to is replaced. Throws node's own errors.
 */
export async function rewriteFile(path: string, bytes: Uint8Array): Promise<void> {
  const target = await realpath(path);
  const { mode, uid, gid } = await stat(target);
  // In the same folder, or the rename would have to copy.
  const made = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  let file: FileHandle | undefined;
  try {
    file = await open(made, 'wx', mode & 0o7777);
    await file.writeFile(bytes);
    // Set again: what open() was given went through the umask.
    await file.chmod(mode & 0o7777);
    // Another owner's file can be given back to them only by root.
    if (process.getuid?.() === 0) await file.chown(uid, gid);
    await file.sync();
    await file.close();
    file = undefined;
    await rename(made, target);
  } catch (error) {
    await file?.close().catch(() => undefined);
    await rm(made, { force: true });
    throw error;
  }
}
