import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { AsksGit } from '../../../wire/checkout.ts';

/** How git is asked which files differ from the commit: whole paths, one entry for each. */
export const asksStatus = ['-c', 'core.fsmonitor=false', 'status', '--porcelain=v2', '--branch'].concat([
  '--no-ahead-behind',
  '--no-renames',
  '-z',
]);

/** How it is asked what one commit is, whatever its user has set about signatures. */
export const asksCommit = ['-c', 'log.showSignature=false', 'log', '-1', '--no-color', '--encoding=UTF-8'];

/** The entries of `git status --porcelain=v2 -z` that stand for files, without the headers. */
export function statusEntries(status: string): string[] {
  return status.split('\0').filter((entry) => entry !== '' && !entry.startsWith('# '));
}

/**
 * What tells this state of a checkout that differs from its commit from every other one: 12 hex digits over the names,
 * permissions and contents of all files that git knows, or would take, in another state than the commit's. What can't be
 * read has no state that could be known again, so nothing is taken for it.
 */
export async function uncommittedState(git: AsksGit, top: string): Promise<string> {
  const status = await git(...asksStatus, '--untracked-files=all');
  const state = createHash('sha256');
  const paths = statusEntries(status.stdout).map(pathIn).sort();
  if (status.code !== 0 || status.truncated === true || paths.length === 0) state.update(randomUUID());
  for (const path of paths) {
    const file = await fileState(git, top, path).catch((error: NodeJS.ErrnoException) =>
      // A name that isn't UTF-8 can't be found by what git's answer was read as.
      ['ENOENT', 'ENOTDIR'].includes(error.code ?? '') && !path.includes('\uFFFD') ? 'gone' : randomUUID(),
    );
    state.update(JSON.stringify([path, file]));
  }
  return state.digest('hex').slice(0, 12);
}

/** The path of an entry: after eight fields for what changed, after ten for what is in conflict, after one for the rest. */
function pathIn(entry: string): string {
  const fields = { '1': 8, u: 10 }[entry.charAt(0)] ?? 1;
  return entry.split(' ').slice(fields).join(' ');
}

async function fileState(git: AsksGit, top: string, path: string): Promise<string> {
  const file = join(top, path);
  const found = await lstat(file);
  if (found.isSymbolicLink()) return `link ${await readlink(file)}`;
  if (found.isDirectory()) return repositoryState(git, file);
  if (!found.isFile()) return `other ${found.mode}`;
  const content = createHash('sha256');
  for await (const chunk of createReadStream(file)) content.update(chunk);
  return `file ${(found.mode & 0o100) === 0 ? '' : 'executable '}${content.digest('hex')}`;
}

/** A submodule, or a repository that git would take for one: its commit, as long as nothing in it differs from that. */
async function repositoryState(git: AsksGit, dir: string): Promise<string> {
  const status = await git('-C', dir, ...asksStatus, '--untracked-files=normal');
  if (status.code !== 0 || statusEntries(status.stdout).length > 0) return randomUUID();
  return `repository ${/^# branch\.oid (\w+)$/m.exec(status.stdout.replaceAll('\0', '\n'))?.[1] ?? randomUUID()}`;
}
