import { describe, expect, it } from 'vitest';
import { landDelivery } from '../../../src/commit/commit.ts';
import { steadyClock } from '../../../src/commit/land/steady-clock.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';
import { chart, deliveryTo, fileAt, landed, pushesIn, setTag } from '../landing.ts';

it('a steady clock goes on from where it was when it is set back, and forward with the other', () => {
  let shown = 1_000;
  const clock = steadyClock({ now: () => shown, sleep: async () => undefined });
  const seen = [1_000, 1_500, -2_000, -1_900, -1_950, 5_000].map((next) => {
    shown = next;
    return clock.now();
  });
  expect(seen).toEqual([1_000, 1_500, 1_500, 1_600, 1_600, 8_550]);
});

describe.skipIf(noHttpBackend !== undefined)(`the queue and a clock that is set back${skipNote}`, () => {
  it('waits no longer for one who is gone', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    const dying = testWorld({ clock: jumpingClock() });
    let beaten = false;
    const killed: typeof dying.http = async (request) => {
      if (pushesIn(host).some(({ refs }) => refs.some((ref) => ref.startsWith('refs/tagboat/'))))
        throw new Error('killed');
      if (!beaten && String(request.url).endsWith('/git-receive-pack')) {
        beaten = true;
        await host.commit('config', { files: { 'rival.yaml': 'x: 1\n' } });
      }
      return dying.http(request);
    };
    await expect(
      landDelivery({ ...dying, http: killed }, dying.emit, deliveryTo(url, setTag('old')), undefined),
    ).rejects.toThrow('killed');

    // Behind the other by its clock.
    const own = testWorld({ clock: jumpingClock(Date.UTC(2026, 0, 1, 0, 0, 5)) });
    const before = pushesIn(host).length;
    const hour = 3_600_000;
    const now = () => own.clock.now() - (pushesIn(host).length > before ? hour : 0);
    const late = landDelivery(
      { ...own, clock: { ...own.clock, now } },
      own.emit,
      deliveryTo(url, setTag('new')),
      undefined,
    );
    landed(await late);
    expect(await fileAt(host, 'config')).toContain('imageTag:   new   #');
    expect(own.clock.slept.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(120_000);
  });
});
