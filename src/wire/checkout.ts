import type { Command, Finished } from './exec.ts';
import type { World } from './world.ts';

/** Asks a checkout's git something. */
export type AsksGit = (...args: string[]) => Promise<Finished>;

/** The git of the checkout at `dir`, which only looks at what is here. `more` says what one caller wants otherwise. */
export function checkoutGit(
  { exec, signal }: Pick<World, 'exec' | 'signal'>,
  dir: string,
  more: Pick<Command, 'env' | 'keep' | 'timeoutMs'> = {},
): AsksGit {
  const env = {
    // Set inside hooks, where they would lead away from `dir`.
    GIT_DIR: undefined,
    GIT_WORK_TREE: undefined,
    GIT_INDEX_FILE: undefined,
    // A reader writes nothing.
    GIT_OPTIONAL_LOCKS: '0',
    // Replaced commits would give the content and the history that somebody here likes better.
    GIT_NO_REPLACE_OBJECTS: '1',
    // A partial clone must not go and fetch what is asked for.
    GIT_NO_LAZY_FETCH: '1',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
    ...more.env,
  };
  return (...args) => exec({ program: 'git', args: ['-C', dir, ...args], signal, timeoutMs: 30_000, ...more, env });
}

/** What git answered, without the last end of line; undefined where it said no. */
export function answerOf({ code, stdout }: Finished): string | undefined {
  return code === 0 ? stdout.replace(/\n$/, '') : undefined;
}
