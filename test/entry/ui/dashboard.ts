import type { ActValue } from '../../../src/events/board.ts';
import type { GitHostOptions } from '../../../src/sandbox/git-host/git-host.ts';
import { cli } from '../../support/cli.ts';
import { type Scene, scene } from '../commands/see/scene.ts';

export interface Page {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, what: unknown, headers?: Record<string, string>): Promise<{ status: number; value: T }>;
  /** The next thing that the server tells the page; undefined once it is gone. */
  told(): Promise<string | undefined>;
  /** Ends the server. */
  readonly kill: (signal: NodeJS.Signals) => void;
  /** What became of it, once that is known. */
  ended(id: string): Promise<ActValue>;
}

/** The dashboard of a world for as long as the work takes. */
export async function dashboard(
  world: Scene,
  args: readonly string[],
  work: (page: Page) => Promise<void>,
): Promise<void> {
  let failed: unknown = new Error('the dashboard never came up');
  let looking: Promise<void> | undefined;
  const look = async (url: string, kill: Page['kill']): Promise<void> => {
    const { origin, hash } = new URL(url);
    const headers = { authorization: `Bearer ${hash.slice(1)}`, origin, 'content-type': 'application/json' };
    const get = async <T>(path: string) => (await (await fetch(`${origin}/api/${path}`, { headers })).json()) as T;
    const events = (await fetch(`${origin}/api/events`, { headers })).body?.getReader();
    await work({
      ...{ get, kill },
      told: async () => {
        const read = await events?.read().catch(() => undefined);
        return read?.done === false ? new TextDecoder().decode(read.value).split('\n')[0] : undefined;
      },
      post: async (path, what, more = {}) => {
        const made = await fetch(`${origin}/api/${path}`, {
          method: 'POST',
          headers: { ...headers, ...more },
          body: JSON.stringify(what),
        });
        return { status: made.status, value: (await made.json()) as never };
      },
      ended: async (id) => {
        for (;;) {
          const state = await get<ActValue>(`act?what=${id}`);
          if (state.is !== 'going' && state.is !== 'shown') return state;
          await events?.read();
        }
      },
    });
  };
  await cli(['ui', '--json', '--no-open', ...args], {
    cwd: world.app,
    onLine: (line, kill) => {
      const event = JSON.parse(line);
      if (event.code !== 'DASHBOARD_READY') return;
      const end = (error: unknown): void => {
        failed = error;
        kill('SIGTERM');
      };
      looking = look(event.data.url, kill).then(() => end(undefined), end);
    },
  });
  // It may have been ended by what is looked for.
  await looking;
  if (failed !== undefined) throw failed;
}

/** A world with two deliveries to staging. */
export async function delivered(host: Omit<GitHostOptions, 'env'> = {}): Promise<Scene> {
  const world = await scene('', host);
  for (const subject of ['Open the shop', 'Open a second counter']) {
    await world.commit(subject);
    await world.run('commit');
  }
  return world;
}

export const tipOf = (world: Scene): Promise<string> => world.host.git('config', 'rev-parse', 'main');
