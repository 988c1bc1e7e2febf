import { rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

// For minutes after many files are deleted, ext4 makes new ones several times slower: it passes over the inodes just
// freed, one by one. Only git's flows make many, so measuring then would flatter us. Hence nothing is removed between
// runs, and a bench that follows another one waits.
const settledAfterMs = 5.5 * 60_000;

/** Removes a bench's work folder and notes when, in the file `note`. */
export function removeAll(dir: string, note: string): void {
  rmSync(dir, { recursive: true, force: true });
  writeFileSync(note, '');
}

/** Waits until the file system has got over the last removal. `tell` hears of the wait, in seconds. */
export async function settle(note: string, tell: (seconds: number) => void): Promise<void> {
  const removed = statSync(note, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const wait = removed + settledAfterMs - Date.now();
  if (wait <= 0) return;
  tell(Math.ceil(wait / 1000));
  await sleep(wait);
}

/** Bytes free for a folder's file system. */
export function freeBytes(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}
