import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runGit } from '../../src/sandbox/git-host/repo.ts';
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
  /** The intent it came from, if it came through the queue. */
  readonly intent: string | undefined;
}

/** An intent that left its ref without a move of the branch. */
export interface Removal {
  readonly intent: string;
  readonly author: string;
  readonly expected: string | undefined;
  /** Where the branch was before and after. */
  readonly tips: readonly [before: string, after: string];
}

/** All that ever was on a repository's branch, whether it still is or not. */
export interface History {
  readonly moves: readonly Move[];
  readonly commits: ReadonlyMap<string, Commit>;
  /** Intents' refs that are left, with their writers' names. */
  readonly intents: readonly { readonly ref: string; readonly author: string; readonly text: string }[];
  /** Intents that left alone: their writers took them back, or their values were there already. */
  readonly removals: readonly Removal[];
  /** The value that an intent was to replace, whether it still waits or not. */
  expected(intent: string): Promise<string | undefined>;
  isAncestor(older: string, newer: string): Promise<boolean>;
  /** A file's text at a commit. */
  file(commit: string, path: string): Promise<string>;
  changedIn(commit: string): Promise<string[]>;
  fsck(): Promise<string>;
}

const main = 'refs/heads/main';
const trailer = '%(trailers:key=Tagboat-Intent,valueonly,separator=)';

/** The value that an intent's text says it replaces. */
export function expectedIn(text: string): string | undefined {
  return /"expects":"([^"]*)"/.exec(text)?.[1];
}

export const nothing = '0'.repeat(40);

export async function readHistory(repo: string): Promise<History> {
  const git = (...args: string[]) => runGit(['-C', repo, ...args], gitEnv);
  const noted = await readFile(join(repo, 'moves'), 'utf8').catch(() => '');
  const together = noted.split('\n\n').map(linesOf);
  const moved = together.flat().map((line) => line.split(' '));
  const moves = moved
    .filter(([from, to, ref]) => ref === main && from !== to)
    .map(([from = '', to = '']) => ({ from, to }));
  const tips = [...new Set(moves.flatMap(({ from, to }) => [from, to]))].filter((id) => id !== nothing);
  const log = tips.length === 0 ? '' : await git('log', `--format=%H|%P|%an|${trailer}|%s`, ...tips);
  const commits = linesOf(log).map((line): [string, Commit] => {
    const [id = '', parents = '', who = '', intent = '', subject = ''] = line.split('|');
    // The API commits in the name of its own account; whose change it is, the message says.
    const author = / by (w\d+)$/.exec(subject)?.[1] ?? who;
    const above = parents.split(' ').filter((parent) => parent !== '');
    return [id, { id, parents: above, author, intent: intent === '' ? undefined : intent }];
  });
  const left = linesOf(await git('for-each-ref', '--format=%(refname)|%(authorname)', 'refs/tagboat/'));
  const intents = left.map(async (line) => {
    const [ref = '', author = ''] = line.split('|');
    return { ref, author, text: await git('log', '-1', '--format=%B', ref) };
  });
  const removals: Removal[] = [];
  let before = '';
  for (const [at, lines] of together.entries()) {
    const refs = lines.map((line) => line.split(' '));
    const move = refs.find(([from, to, ref]) => ref === main && from !== to);
    before = move?.[1] ?? before;
    if (move !== undefined) continue;
    for (const [from = '', to, ref = ''] of refs) {
      if (to !== nothing || from === nothing || !ref.startsWith('refs/tagboat/')) continue;
      const later = together.slice(at + 1).flat();
      const after = later.map((line) => line.split(' ')).find(([, , other]) => other === main)?.[1] ?? before;
      const author = (await git('log', '-1', '--format=%an', from)).trim();
      const expected = expectedIn(await git('log', '-1', '--format=%B', from));
      removals.push({ intent: ref.split('/').at(-1) ?? '', author, expected, tips: [before, after] });
    }
  }
  return {
    moves,
    removals,
    commits: new Map(commits),
    intents: await Promise.all(intents),
    expected: async (intent) => {
      // Nothing cleans up here: what an intent's ref once pointed at is still there.
      const published = moved.find(([, to, ref]) => ref?.endsWith(`/${intent}`) && to !== nothing);
      return published?.[1] === undefined ? undefined : expectedIn(await git('log', '-1', '--format=%B', published[1]));
    },
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
