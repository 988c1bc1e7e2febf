import { describe, expect, it } from 'vitest';
import type { WhereValue } from '../../../../src/events/json-event.ts';
import { resultOf } from '../../../support/cli.ts';
import { git, noHttpBackend, skipNote } from '../../../support/git-host.ts';
import { file, type Scene, scene } from './scene.ts';

async function where(of: Scene, ...asked: string[]): Promise<WhereValue> {
  const done = resultOf(await of.run('where', ...asked, '--json'));
  expect(done.errors).toEqual([]);
  return done.value as WhereValue;
}

const standings = ({ deliveries }: WhereValue) =>
  Object.fromEntries(
    deliveries.map(({ delivery, is, obstacles }) => [delivery, [is, ...obstacles.map((one) => one.is)]]),
  );

describe.skipIf(noHttpBackend !== undefined)(`tagboat where${skipNote}`, () => {
  it('says of a commit, a tag, an image or a pull request where it is, since when, or what is in the way', async () => {
    const of = await scene();
    const first = (await git(of.app, 'rev-parse', 'HEAD')).trim();
    await git(of.app, 'tag', 'v1');
    expect(standings(await where(of))).toEqual({
      staging: ['notThere', 'notDelivered'],
      production: ['notThere', 'notTaken'],
    });
    await of.run('ship');
    await of.run('promote', 'staging', 'production');
    const second = await of.commit('Add the checkout button (#12)');
    await of.run('ship');
    // A later commit that has it; and what was promoted is what was there before.
    const old = await where(of, 'v1');
    expect(standings(old)).toEqual({ staging: ['there'], production: ['there'] });
    expect(old).toMatchObject({
      commit: first,
      subject: 'Open the shop',
      deliveries: [{ places: [{ from: second, is: 'descendant' }, {}] }, {}],
    });
    const landed = (await of.host.git('config', 'rev-list', '--reverse', 'main')).trim().split('\n');
    expect(old.deliveries.map(({ places }) => places[0]?.since?.commit)).toEqual([landed[1], landed[2]]);
    for (const asked of ['#12', `registry.test/acme/shop:${second}`, second.slice(0, 9)])
      expect(await where(of, asked), asked).toMatchObject({ commit: second });
    expect(standings(await where(of))).toEqual({ staging: ['there'], production: ['notThere', 'notTaken'] });
    expect((await of.run('where', 'nothing-of-this-name')).code).toBe(2);

    await of.run('rollback', 'staging', '--why', 'it loses orders');
    expect(standings(await where(of)).staging).toEqual(['notThere', 'held', 'held', 'rolledBack']);
    const text = (await of.run('where')).stdout;
    expect(text).toContain('it loses orders');
    expect(text.split('\n').every((line) => line.length <= 140)).toBe(true);
    await of.byHand('Try', {
      file: file('production'),
      from: `front:\n  imageTag: ${first}`,
      to: 'front:\n  imageTag: v9',
    });
    expect(standings(await where(of, 'v1'))).toMatchObject({ production: ['partly', 'byHand', 'notTaken'] });
  });

  it('is not there where the value is of another line, or nobody can tell how the two stand', async () => {
    const of = await scene();
    await of.run('ship');
    await git(of.app, 'checkout', '--quiet', '--orphan', 'other');
    await of.commit('Begin anew');
    expect(standings(await where(of)).staging).toEqual(['notThere', 'otherLine', 'notTaken']);
    const strange = 'f'.repeat(40);
    const told = await where(of, strange);
    expect(told).toMatchObject({ commit: strange, branches: [] });
    expect(standings(told).staging).toEqual(['unknown', 'unknown']);
  });
});
