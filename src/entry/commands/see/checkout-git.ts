import type { World } from '../../../wire/world.ts';

/** Asks the app repo's checkout; undefined where git says no. */
export type CheckoutGit = (...args: string[]) => Promise<string | undefined>;

/** The checkout's own git, which fetches nothing: this is a look at what is here. */
export function checkoutGit(world: World, dir: string): CheckoutGit {
  const env = { GIT_DIR: undefined, GIT_WORK_TREE: undefined, GIT_NO_LAZY_FETCH: '1', LC_ALL: 'C' };
  return async (...args) => {
    const command = { program: 'git', args: ['-C', dir, ...args], env, signal: world.signal, timeoutMs: 30_000 };
    const done = await world.exec(command);
    return done.code === 0 ? done.stdout.replace(/\n$/, '') : undefined;
  };
}
