import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runGit } from '../../src/sandbox/git-host-repo.ts';
import { gitEnv } from '../support/git-host.ts';

/** One move of the branch, as git itself noted it. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

export interface Commit {
  readonly id: string;
  readonly parents: readonly string[];
  readonly author: string;
}

/** All that ever was on a repository's branch, whether it still is or not. */
export interface History {
  readonly moves: readonly Move[];
  readonly commits: ReadonlyMap<string, Commit>;
  /** Intents' refs that are left, with their writers' names. */
  readonly intents: readonly { readonly ref: string; readonly author: string; readonly text: string }[];
  isAncestor(older: string, newer: string): Promise<boolean>;
  /** A file's text at a commit. */
  file(commit: string, path: string): Promise<string>;
  changedIn(commit: string): Promise<string[]>;
  fsck(): Promise<string>;
}

export const nothing = '0'.repeat(40);

export async function readHistory(repo: string): Promise<History> {
  const git = (...args: string[]) => runGit(['-C', repo, ...args], gitEnv);
  const noted = await readFile(join(repo, 'moves'), 'utf8').catch(() => '');
  const moves = linesOf(noted)
    .map((line) => line.split(' '))
    .filter(([from, to, ref]) => ref === 'refs/heads/main' && from !== to)
    .map(([from = '', to = '']) => ({ from, to }));
  const tips = [...new Set(moves.flatMap(({ from, to }) => [from, to]))].filter((id) => id !== nothing);
  const log = tips.length === 0 ? '' : await git('log', '--format=%H|%P|%an', ...tips);
  const commits = linesOf(log).map((line): [string, Commit] => {
    const [id = '', parents = '', author = ''] = line.split('|');
    return [id, { id, parents: parents.split(' ').filter((parent) => parent !== ''), author }];
  });
  const left = linesOf(await git('for-each-ref', '--format=%(refname)|%(authorname)', 'refs/tagboat/'));
  const intents = left.map(async (line) => {
    const [ref = '', author = ''] = line.split('|');
    return { ref, author, text: await git('log', '-1', '--format=%B', ref) };
  });
  return {
    moves,
    commits: new Map(commits),
    intents: await Promise.all(intents),
    isAncestor: async (older, newer) => {
      const missing = await git('rev-list', '--max-count=1', older, '--not', newer);
      return missing === '';
    },
    file: (commit, path) => git('show', `${commit}:${path}`),
    changedIn: async (commit) => linesOf(await git('diff-tree', '-r', '--no-commit-id', '--name-only', commit)),
    fsck: () => git('fsck', '--strict', '--full', '--no-dangling'),
  };
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
