import { describe, expect, it } from 'vitest';
import type { StatusValue } from '../../../../src/events/json-event.ts';
import { resultOf } from '../../../support/cli.ts';
import { noHttpBackend, skipNote } from '../../../support/git-host.ts';
import { file, scene } from './scene.ts';

describe.skipIf(noHttpBackend !== undefined)(`tagboat status${skipNote}`, () => {
  it('shows each service in each environment: its commit, since when, by whom, how far behind, held and by hand', async () => {
    const { run, commit, byHand } = await scene();
    await run('ship');
    await run('promote', 'staging', 'production');
    await commit('Mend a typo');
    const newest = await commit('Add the checkout button');
    await run('ship');
    await run('hold', 'production', '--path', `${file('production')}:.front.imageTag`, '--why', 'the sale is on');
    await byHand('Try', { file: file('staging'), from: `back:\n  imageTag: ${newest}`, to: 'back:\n  imageTag: v9' });
    const { value, errors } = resultOf(await run('status', '--json'));
    expect(errors).toEqual([]);
    const { rows } = value as StatusValue;
    expect(rows).toMatchObject([
      {
        service: 'front',
        delivery: 'staging',
        value: newest,
        commit: newest,
        subject: 'Add the checkout button',
        by: 'Ada',
        behind: 0,
      },
      { service: 'back', delivery: 'staging', value: 'v9', byHand: true, by: 'Eve' },
      {
        service: 'front',
        delivery: 'production',
        behind: 2,
        hold: { why: 'the sale is on' },
        notAsked: 'the config names no application',
      },
      { service: 'back', delivery: 'production', byHand: false, behind: 0 },
    ]);
    const text = (await run('status', 'front')).stdout;
    expect(text).toContain('the sale is on');
    expect(text).not.toContain('v9');
    expect(
      text
        .split('\n')
        .slice(0, 3)
        .every((line) => line.length <= 101),
    ).toBe(true);
  });
});
