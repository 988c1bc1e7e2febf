import { describe, expect, it } from 'vitest';
import type { ActValue, Board, PreviewValue } from '../../../src/events/board.ts';
import { git, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { file } from '../commands/see/scene.ts';
import { dashboard, delivered, tipOf } from './dashboard.ts';

describe.skipIf(noHttpBackend !== undefined)(`writing from the page${skipNote}`, () => {
  it('is refused where it was not allowed, and nothing is shown either', { timeout: 60_000 }, async () => {
    const world = await delivered();
    await dashboard(world, [], async ({ get, post }) => {
      expect((await get<Board>('board')).may.write).toBe(false);
      const asked = { action: 'rollback', delivery: 'staging' };
      expect((await post('preview', asked)).status).toBe(404);
      expect((await post('act', { id: 'x' })).status).toBe(404);
    });
  });

  it('shows the diff, writes exactly that, and twice confirmed is once written', { timeout: 90_000 }, async () => {
    const world = await delivered();
    const before = await tipOf(world);
    await dashboard(world, ['--allow-writes'], async ({ get, post, ended }) => {
      const asked = { action: 'rollback', delivery: 'staging', why: 'orders <b>are</b> lost' };
      const { value: shown } = await post<PreviewValue>('preview', asked);
      expect(shown.previews).toMatchObject([{ delivery: 'staging', tip: before.trim() }]);
      expect(shown.previews[0]?.diff).toMatch(/^-. imageTag: [0-9a-f]{40}$/m);
      // To look writes nothing.
      expect(await tipOf(world)).toBe(before);
      const twice = await Promise.all([post('act', { id: shown.id }), post('act', { id: shown.id })]);
      expect(twice.map(({ status }) => status)).toEqual([200, 200]);
      expect(await ended(shown.id)).toEqual({ is: 'done', errors: [] });
      expect(await world.host.git('config', 'rev-parse', 'main^')).toBe(before);
      const diff = await world.host.git('config', 'show', '--format=', 'main', '--', file('staging'));
      const [, values = ''] = /^[^@]*(@@[^@]*@@[^-+]*(?:.|\n)*?)(?=--- |$)/.exec(shown.previews[0]?.diff ?? '') ?? [];
      for (const line of values.split('\n').filter((one) => /^[+-] /.test(one))) expect(diff).toContain(line);
      expect((await get<{ run: { title: string; ended: boolean } }>('run')).run).toMatchObject({ ended: true });
      // What is over stays so, and what was never shown is nothing.
      expect(await post('act', { id: shown.id })).toMatchObject({ value: { is: 'done' } });
      expect(await post('act', { id: 'never' })).toMatchObject({ status: 422, value: { code: 'USAGE' } });
      expect(await get('act?what=never')).toEqual({ is: 'unknown' });
    });
  });

  it('shows anew what is another thing by now, and writes it once that is confirmed', { timeout: 90_000 }, async () => {
    const world = await delivered();
    const value = (await git(world.app, 'rev-parse', 'HEAD')).trim();
    await dashboard(world, ['--allow-writes'], async ({ post, ended }) => {
      const { value: shown } = await post<PreviewValue>('preview', {
        action: 'hold',
        delivery: 'staging',
        why: 'sale',
      });
      const { value: other } = await post<PreviewValue>('preview', {
        action: 'hold',
        delivery: 'production',
        why: 'sale',
      });
      await world.byHand('Somebody else', { file: file('staging'), from: value, to: 'by-hand' });
      const moved = await tipOf(world);
      await post('act', { id: shown.id });
      const state = await ended(shown.id);
      expect(state).toMatchObject({ is: 'moved', next: { previews: [{ tip: moved.trim() }] } });
      expect(await tipOf(world)).toBe(moved);
      // A commit that touches none of it moves the branch, and changes nothing of what was shown.
      await post('act', { id: other.id });
      expect(await ended(other.id)).toEqual({ is: 'done', errors: [] });
      const next = state.is === 'moved' ? state.next.id : '';
      await post('act', { id: next });
      // The holds' file is another one now: it is shown once more.
      const again = await ended(next);
      expect(again.is).toBe('moved');
      const last = again.is === 'moved' ? again.next.id : '';
      await post('act', { id: last });
      expect(await ended(last)).toEqual({ is: 'done', errors: [] });
      expect(await world.host.git('config', 'show', 'main:.tagboat/holds.json')).toContain('by-hand');
    });
  });

  it('promotes and releases, and tells errors with their codes', { timeout: 90_000 }, async () => {
    const world = await delivered();
    await dashboard(world, ['--allow-writes'], async ({ post, ended }) => {
      const write = async (asked: object): Promise<ActValue> => {
        const { value } = await post<PreviewValue>('preview', asked);
        await post('act', { id: value.id });
        return ended(value.id);
      };
      const done = { is: 'done', errors: [] };
      const before = await tipOf(world);
      const { value } = await post<PreviewValue>('preview', {
        action: 'promote',
        from: 'staging',
        delivery: 'production',
      });
      expect([value.previews.length, await tipOf(world)]).toEqual([1, before]);
      await post('act', { id: value.id });
      expect(await ended(value.id)).toEqual(done);
      expect(await tipOf(world)).not.toBe(before);
      expect(await write({ action: 'hold', delivery: 'production', why: 'sale', until: '2d' })).toEqual(done);
      expect(await write({ action: 'unhold', delivery: 'production' })).toEqual(done);
      for (const wrong of [
        null,
        { action: 'rm', delivery: 'staging' },
        { action: 'hold', delivery: 'staging' },
        { action: 'hold', delivery: 'stagin', why: 'x' },
        { action: 'hold', delivery: 'staging', why: 'x'.repeat(501) },
        { action: 'hold', delivery: 'staging', why: 'x', place: '--repo=elsewhere' },
        { action: 'rollback', delivery: ['staging'] },
      ]) {
        expect(await post('preview', wrong)).toMatchObject({ status: 422, value: { code: 'USAGE' } });
      }
      expect((await post('preview', 'x', { origin: 'https://evil.example' })).status).toBe(403);
      expect((await post('preview', 'x', { authorization: 'Bearer no' })).status).toBe(401);
    });
  });
});
