import { execFileSync } from 'node:child_process';
import { accessSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type GitHost, type GitHostOptions, startGitHost } from '../../src/sandbox/git-host/git-host.ts';
import { runGit } from '../../src/sandbox/git-host/repo.ts';
import type { Env } from '../../src/wire/world.ts';
import { type Quirk, readOddly } from './git-host-quirks.ts';

/** Git as the tests run it: without the user's configuration. */
export const gitEnv: Env = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
};

function fromGit(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/** Why the tests against git's own http-backend can't run here, or undefined. */
export const noHttpBackend: string | undefined = (() => {
  const path = fromGit('--exec-path');
  try {
    if (path !== undefined) accessSync(join(path, 'git-http-backend'));
    return path === undefined ? 'git is missing (Debian: git)' : undefined;
  } catch {
    return 'git has no http-backend here (Debian: git)';
  }
})();

/** ` (skipped: why)` for the title of tests that can't run. */
export const skipNote: string = noHttpBackend === undefined ? '' : ` (skipped: ${noHttpBackend})`;

/** Whether this git can make SHA-256 repositories (2.29). */
export const hasSha256: boolean = /^git version (2\.(29|[3-9]\d)|[3-9])/.test(fromGit('--version') ?? '');

/** A git host that ends with the test. */
export async function gitHost(
  options: Omit<GitHostOptions, 'env' | 'reads'> & { readonly quirks?: readonly Quirk[] } = {},
): Promise<GitHost> {
  const { quirks = [], ...own } = options;
  const reads: GitHostOptions['reads'] = (fetch, dir, env) => readOddly(quirks, fetch, dir, env);
  const host = await startGitHost({ env: gitEnv, ...own, reads });
  onTestFinished(() => host.close());
  return host;
}

/** A temp folder that ends with the test. */
export async function tempDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tagboat-test-'));
  // A program that was just ended may have children that still write.
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  return dir;
}

/** Runs git in a folder. */
export function git(dir: string, ...args: string[]): Promise<string> {
  return runGit(['-C', dir, ...args], gitEnv);
}
