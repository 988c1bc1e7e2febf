import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ui } from '../../../src/entry/ui/ui.ts';
import type { Board, PreviewValue } from '../../../src/events/board.ts';
import type { GitHostFault, GitHostRequest } from '../../../src/sandbox/git-host/git-host.ts';
import { WireFailure } from '../../../src/wire/failure.ts';
import { noHttpBackend, skipNote } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';
import { fastClock } from '../../support/world.ts';
import { dashboard, delivered, type Page, tipOf } from './dashboard.ts';

const kinds = ({ history }: Board) => history.entries.map(({ is }) => is);

/** Reads on until the page is told that there is another board. */
async function nextBoard({ told, get }: Page): Promise<Board> {
  for (;;) {
    const event = await told();
    if (event === undefined) throw new Error('the dashboard is gone');
    if (event === 'event: board') return get<Board>('board');
  }
}

it.skipIf(noHttpBackend !== undefined)(
  `a page comes up before a mute host has had all of its time${skipNote}`,
  async () => {
    const world = await delivered();
    const mute = 'http://mute.test/x.git';
    await appendFile(
      join(world.app, 'tagboat.yaml'),
      `  mute: { from: main, repo: '${mute}', set: { v.yaml: { .a: '{commit}' } } }\n`,
    );
    const stop = new AbortController();
    const waited: number[] = [];
    const { errors } = await here(ui({ json: true, quiet: false, color: false, jobs: 1 }, { open: false }), {
      cwd: world.app,
      onEvent: (event) => {
        if (event.type === 'notice' && event.code === 'DASHBOARD_READY') stop.abort(new Error('seen'));
      },
      world: ({ http }) => ({
        ...{ signal: stop.signal, clock: fastClock(1) },
        http: (request) => {
          const url = String(request.url);
          if (!url.startsWith(mute)) return http(request);
          waited.push(request.idleMs ?? Number.POSITIVE_INFINITY);
          return Promise.reject(new WireFailure('timeout', url, { message: 'it was silent', retryable: true }));
        },
      }),
    });
    expect(errors).toEqual([]);
    expect(waited.length).toBeGreaterThan(0);
    expect(Math.max(...waited)).toBeLessThan(10_000);
  },
);

describe.skipIf(noHttpBackend !== undefined)(`a dashboard whose world changes under it${skipNote}`, () => {
  it('shows what stands at the branch after it was written anew by force', { timeout: 120_000 }, async () => {
    const world = await delivered();
    await dashboard(world, [], async (page) => {
      expect(kinds(await page.get<Board>('board'))).toEqual(['delivered', 'delivered']);
      await world.host.git('config', 'update-ref', 'refs/heads/main', 'refs/heads/main~1');
      await world.byHand('Instead');
      const board = await nextBoard(page);
      expect(kinds(board)).toEqual(['delivered']);
      expect(board.history.others).toBe(2);
      expect(board.status.rows[0]?.subject).toBe('Open the shop');
    });
  });

  it('reads again what it could not read, once it can', { timeout: 120_000 }, async () => {
    let calls = Number.NaN;
    // The branch is looked at, and then nothing of it can be read.
    const fault = ({ service, isCall }: GitHostRequest): GitHostFault | undefined =>
      service === 'git-upload-pack' && isCall && ++calls > 1 ? { is: 'answer', status: 403 } : undefined;
    const world = await delivered({ fault });
    await dashboard(world, [], async (page) => {
      await world.byHand('Meanwhile');
      calls = 0;
      const board = await nextBoard(page);
      expect(board.errors).toHaveLength(1);
      expect(board.history.others).toBe(1);
      calls = Number.NaN;
      const next = await nextBoard(page);
      expect(next.errors).toEqual([]);
      expect(next.history.others).toBe(2);
    });
  });

  it.each([
    ['before the host took the push: nothing is written', 'before', 'SIGKILL', 0],
    ['between the push and its answer: it is written, once', 'after', 'SIGKILL', 1],
    ['by a signal that it obeys, between the push and its answer: it is written, once', 'after', 'SIGTERM', 1],
  ] as const)('ended %s', { timeout: 120_000 }, async (_, when, signal, written) => {
    let end: (() => void) | undefined;
    const isPush = ({ service, isCall }: GitHostRequest): boolean => service === 'git-receive-pack' && isCall;
    const fault = (request: GitHostRequest): GitHostFault | undefined => {
      const now = end;
      if (now === undefined || !isPush(request)) return undefined;
      const change = (body: Buffer): Buffer => {
        now();
        return body;
      };
      if (when === 'after') return { is: 'alter', change };
      now();
      return { is: 'hang' };
    };
    const world = await delivered({ fault });
    const before = await tipOf(world);
    const asked = { action: 'rollback', delivery: 'staging', why: 'orders are lost' };
    let shown = '';
    await dashboard(world, ['--allow-writes'], async ({ post, kill, told }) => {
      shown = (await post<PreviewValue>('preview', asked)).value.id;
      end = () => kill(signal);
      // It may be ended before it has answered.
      await post('act', { id: shown }).catch(() => undefined);
      while ((await told()) !== undefined);
    });
    end = undefined;
    const count = (await world.host.git('config', 'rev-list', '--count', `${before.trim()}..main`)).trim();
    expect(count).toBe(String(written));
    // The next one tells what is there, and knows nothing of what another showed.
    await dashboard(world, ['--allow-writes'], async ({ get, post }) => {
      const board = await get<Board>('board');
      expect(kinds(board).filter((is) => is === 'rolledBack')).toHaveLength(written);
      expect(board.branches[0]?.waiting).toEqual([]);
      expect(board.branches[0]?.holds).toHaveLength(written * 2);
      expect(await post('act', { id: shown })).toMatchObject({ status: 422, value: { code: 'USAGE' } });
    });
    expect((await world.host.git('config', 'rev-list', '--count', `${before.trim()}..main`)).trim()).toBe(count);
  });
});
