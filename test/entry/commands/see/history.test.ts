import { describe, expect, it } from 'vitest';
import { resultOf } from '../../../support/cli.ts';
import { noHttpBackend, skipNote } from '../../../support/git-host.ts';
import { file, scene } from './scene.ts';

describe.skipIf(noHttpBackend !== undefined)(`tagboat history${skipNote}`, () => {
  it('tells deliveries, promotions, rollbacks, releases and changes by hand, of all, of one delivery and of one service', async () => {
    const { run, commit, byHand, repo } = await scene();
    const ship = async (...args: string[]) => expect(await run(...args)).toMatchObject({ code: 0 });
    await ship('ship');
    const second = await commit('Add the checkout button');
    await ship('ship');
    await ship('promote', 'staging', 'production', '--why', 'tested');
    await ship('rollback', 'staging', '--why', 'it loses orders');
    await byHand('Note');
    await byHand('Try the new back', {
      file: file('production'),
      from: `back:\n  imageTag: ${second}`,
      to: 'back:\n  imageTag: v9',
    });
    const { value, errors } = resultOf(await run('history', '--json'));
    expect(errors).toEqual([]);
    const { entries, others, whole } = value as {
      entries: { is: string; services: string[] }[];
      others: number;
      whole: boolean;
    };
    expect(entries.map(({ is }) => is)).toEqual(['byHand', 'rolledBack', 'promoted', 'delivered', 'delivered']);
    // The repo's first commit, and the note.
    expect({ others, whole }).toEqual({ others: 2, whole: true });
    expect(entries[0]).toMatchObject({ delivery: 'production', services: ['back'], author: { name: 'Eve' } });
    expect(entries[2]).toMatchObject({
      delivery: 'production',
      from: 'staging',
      why: 'tested',
      source: { commit: second },
    });
    expect(entries[3]).toMatchObject({
      delivery: 'staging',
      services: ['front', 'back'],
      repo,
      source: { author: { name: 'Ada' } },
    });

    const table = (await run('history', 'production')).stdout;
    expect(table).toContain('Eve');
    expect(table).not.toContain('Add the checkout button');
    expect(table.split('\n').every((line) => line.length <= 100)).toBe(true);
    expect((await run('history', 'back', '--limit', '1')).stdout).toContain('v9');
    const csv = (await run('history', '--format', 'csv')).stdout.split('\r\n');
    expect(csv).toHaveLength(1 + 5 + 1);
    expect(csv[0]).toMatch(/^landedAt,is,delivery,/);
    expect(resultOf(await run('history', '--since', '2000-01-01', '--limit', '2', '--json')).value).toMatchObject({
      entries: [{}, {}],
    });
    expect((await run('history', '--format', 'csv', '--json')).code).toBe(2);
    expect((await run('history', '--since', '2999-01-01')).code).toBe(2);
  });

  it('of a repo that nobody delivered to is empty, and of one without a config file is anybody’s', async () => {
    const { run, repo } = await scene();
    expect(await run('history')).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing was delivered') });
    await run('commit', '--repo', repo, '--set', `${file('staging')}:.front.imageTag==SUM(A1)`);
    const told = await run('history', '--repo', repo, '--format', 'csv');
    expect(told).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${file('staging')}:.front.imageTag==SUM(A1)`),
    });
    expect(resultOf(await run('history', '--json')).value).toMatchObject({
      entries: [{ is: 'delivered', delivery: 'staging', services: ['front'] }],
    });
  });
});
