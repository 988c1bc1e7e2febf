import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { isError, reportOf, TagboatError } from '../../errors.ts';
import type { UiValue } from '../../events/json-event.ts';
import { emitNotice } from '../../events.ts';
import { lookAt } from '../commands/see/read-histories.ts';
import type { CommonOptions } from '../run/options.ts';
import type { Body, Session } from '../run/session.ts';
import type { Ending } from '../run/stopping.ts';
import { withAuth } from '../run/with-auth.ts';
import { keepHeapSmall } from '../run/world.ts';
import { takeActions } from './actions.ts';
import { type BoardKeeper, keepBoard, keepNothing } from './board.ts';
import { followFile } from './follow-file.ts';
import { openPage } from './open-page.ts';
import { exportBoard } from './page.ts';
import { keepRuns, type Runs } from './runs.ts';
import { serveDashboard } from './server.ts';

export interface UiOptions {
  /** Undefined: any that is free. */
  readonly port?: number | undefined;
  readonly open: boolean;
  /** Write the page as files to this folder instead. */
  readonly export?: string | undefined;
  /** A saved run to show, `-` for standard input; it is followed as it grows. */
  readonly run?: string | undefined;
  /** The page may roll back, promote, hold and release. */
  readonly allowWrites?: boolean | undefined;
  /** Runs that somebody else in this process tells of. */
  readonly runs?: Runs | undefined;
}

/** Between two times that pages are told of a run's events. */
const tellMs = 200;
/** Between two looks, while a page is open; when none is, nobody is asked anything. */
const lookMs = 5_000;
/** Commits whose way is kept in an export. */
const mostKept = 20;

/** `tagboat ui`: the dashboard, on loopback until it is stopped, or as files. */
export function ui(common: CommonOptions, options: UiOptions): Body {
  return async (session) => {
    const runs = options.runs ?? keepRuns(session.clean);
    const { run, export: dir } = options;
    const show = async (keeper: BoardKeeper): Promise<Ending> => {
      if (run !== undefined && dir !== undefined) await (await followFile(session.world, run, runs, false)).done;
      if (dir !== undefined) return { value: await exported(session, { ...keeper, runs }, dir) };
      const writes = keeper.board().may.write ? common : undefined;
      return { value: await serve(session, { ...keeper, runs, writes }, options) };
    };
    const looked = await lookAt(session, common).catch((error: unknown) => {
      // A saved run says all of itself, wherever it is looked at.
      if (run === undefined || !isError(error)) throw error;
      return error;
    });
    keepHeapSmall();
    if (looked instanceof TagboatError) return show(keepNothing(session, reportOf(looked)));
    return withAuth(session, async (auth) =>
      show(
        await keepBoard(
          ...([session, auth, looked] as const),
          { write: options.allowWrites === true && dir === undefined, run: run !== undefined || !!options.runs },
          dir !== undefined,
        ),
      ),
    );
  };
}

interface Shown extends BoardKeeper {
  readonly runs: Runs;
  /** The options that what is written from the page is run with; undefined where nothing is. */
  readonly writes?: CommonOptions | undefined;
}

async function exported(session: Session, keeper: Shown, folder: string): Promise<UiValue> {
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
  const files = await exportBoard(dir, { ...board, where, run: keeper.runs.newest() });
  session.say(() => `The dashboard is in ${dir}: open index.html, or publish the folder as it is.`);
  return { dir, files };
}

async function serve(session: Session, keeper: Shown, { port = 0, open, run }: UiOptions): Promise<UiValue> {
  const { world, emit } = session;
  const token = randomBytes(24).toString('base64url');
  let wake: () => void = () => undefined;
  const actions =
    keeper.writes &&
    takeActions(session, keeper.writes, keeper.runs, () => {
      server.tell('act');
      wake();
    });
  const get = {
    board: () => keeper.board(),
    where: (asked: unknown) => keeper.where(typeof asked === 'string' ? asked.slice(0, 500) : ''),
    run: (asked: unknown) => {
      const [, id, first] = /^(\d{1,9}):(\d{1,9})$/.exec(String(asked)) ?? [];
      return keeper.runs.value(...(id === undefined ? [] : [Number(id), Number(first)]));
    },
  };
  const asked = actions
    ? { get: { ...get, act: actions.state }, post: { preview: actions.preview, act: actions.act } }
    : { get, post: {} };
  const server = await serveDashboard({ port, token }, asked, session.clean);
  const address = `http://127.0.0.1:${server.port}/`;
  // Behind the number sign: a browser sends it to nobody, and the page takes it out of its address.
  const url = `${address}#${token}`;
  // Many events at once are told of once.
  let telling = false;
  keeper.runs.onChange = () => {
    if (telling) return;
    telling = true;
    void world.clock
      .sleep(tellMs, world.signal)
      .then(() => {
        telling = false;
        server.tell('run');
      })
      .catch(() => undefined);
  };
  let removeOpener = async (): Promise<void> => undefined;
  try {
    if (run !== undefined) await followFile(world, run, keeper.runs, true);
    session.say((colors) => `${colors.bold('Dashboard')}  ${colors.cyan(url)}\n${colors.dim('Ctrl-C ends it.')}`);
    emitNotice(emit, 'info', 'run', 'DASHBOARD_READY', { url }, 'The dashboard is up.');
    if (open && session.interactive) removeOpener = await openPage(world, url);
    while (!world.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await Promise.race([world.clock.sleep(lookMs, world.signal).catch(() => undefined), woken]);
      if (server.listeners() > 0) await removeOpener();
      if (world.signal.aborted || server.listeners() === 0) continue;
      const changed = await keeper.refresh().catch(() => undefined);
      if (changed !== false) server.tell(changed ? 'board' : 'lost');
    }
  } finally {
    await removeOpener();
    await server.close();
    await actions?.ended();
  }
  return { url: address };
}
