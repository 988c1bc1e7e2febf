import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { isError } from '../../errors.ts';
import type { UiValue } from '../../events/json-event.ts';
import { emitNotice } from '../../events.ts';
import { lookAt } from '../commands/see/read-histories.ts';
import type { CommonOptions } from '../run/options.ts';
import type { Body, Session } from '../run/session.ts';
import { withAuth } from '../run/with-auth.ts';
import { type BoardKeeper, keepBoard } from './board.ts';
import { exportBoard } from './page.ts';
import { serveDashboard } from './server.ts';

export interface UiOptions {
  /** Undefined: any that is free. */
  readonly port?: number | undefined;
  readonly open: boolean;
  /** Write the page as files to this folder instead. */
  readonly export?: string | undefined;
}

/** Between two looks, while a page is open; when none is, nobody is asked anything. */
const lookMs = 5_000;
/** Commits whose way is kept in an export. */
const mostKept = 20;

/** `tagboat ui`: the dashboard, on loopback until it is stopped, or as files. */
export function ui(common: CommonOptions, options: UiOptions): Body {
  return async (session) => {
    const looking = await lookAt(session, common);
    return withAuth(session, async (auth) => {
      const keeper = await keepBoard(session, auth, looking, { write: false, run: false });
      if (options.export !== undefined) return { value: await exported(session, keeper, options.export) };
      return { value: await serve(session, keeper, options) };
    });
  };
}

async function exported(session: Session, keeper: BoardKeeper, folder: string): Promise<UiValue> {
  const dir = resolve(session.cwd, folder);
  const board = keeper.board();
  const asked = new Set([board.commit, ...board.status.rows.map(({ commit }) => commit)]);
  const where = [];
  for (const commit of [...asked].slice(0, mostKept)) {
    if (commit === undefined) continue;
    const found = await keeper.where(commit).catch((error: unknown) => {
      if (!isError(error, 'USAGE')) throw error;
      return undefined;
    });
    if (found !== undefined) where.push(found);
  }
  const files = await exportBoard(dir, { ...board, where });
  session.say(() => `The dashboard is in ${dir}: open index.html, or publish the folder as it is.`);
  return { dir, files };
}

async function serve(session: Session, keeper: BoardKeeper, { port = 0, open }: UiOptions): Promise<UiValue> {
  const { world, emit } = session;
  const token = randomBytes(24).toString('base64url');
  const get = {
    board: () => keeper.board(),
    where: (asked: unknown) => keeper.where(typeof asked === 'string' ? asked.slice(0, 500) : ''),
  };
  const server = await serveDashboard({ port, token }, { get, post: {} }, session.clean);
  const address = `http://127.0.0.1:${server.port}/`;
  // Behind the number sign: a browser sends it to nobody, and the page takes it out of its address.
  const url = `${address}#${token}`;
  try {
    session.say((colors) => `${colors.bold('Dashboard')}  ${colors.cyan(url)}\n${colors.dim('Ctrl-C ends it.')}`);
    emitNotice(emit, 'info', 'run', 'DASHBOARD_READY', { url }, 'The dashboard is up.');
    if (open && session.interactive) await openBrowser(session, url);
    while (!world.signal.aborted) {
      await world.clock.sleep(lookMs, world.signal).catch(() => undefined);
      if (world.signal.aborted || server.listeners() === 0) continue;
      const changed = await keeper.refresh().catch(() => undefined);
      if (changed !== false) server.tell(changed ? 'board' : 'lost');
    }
  } finally {
    await server.close();
  }
  return { url: address };
}

/** Shows the page where there is a display. That nothing opens keeps nobody from opening it. */
async function openBrowser({ world }: Session, url: string): Promise<void> {
  const { env, signal } = world;
  const hasDisplay = process.platform !== 'linux' || !!(env.DISPLAY || env.WAYLAND_DISPLAY);
  if (!hasDisplay || env.SSH_CONNECTION !== undefined) return;
  const program = process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open';
  await world.exec({ program, args: [url], signal, timeoutMs: 5_000 }).catch(() => undefined);
}
