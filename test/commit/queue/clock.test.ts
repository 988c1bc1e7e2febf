import { describe, expect, it } from 'vitest';
import { landDelivery } from '../../../src/commit/commit.ts';
import { steadyClock } from '../../../src/commit/land/steady-clock.ts';
import type { Edit } from '../../../src/plan.ts';
import type { GitHost } from '../../../src/sandbox/git-host/git-host.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { type HandClock, jumpingClock, testWorld } from '../../support/world.ts';
import { chart, deliveryTo, fileAt, landed, pushesIn, refsOf, setTag } from '../landing.ts';

it('a steady clock goes on from where it was when it is set back, and forward with the other', () => {
  let shown = 1_000;
  const clock = steadyClock({ now: () => shown, sleep: async () => undefined });
  const seen = [1_000, 1_500, -2_000, -1_900, -1_950, 5_000].map((next) => {
    shown = next;
    return clock.now();
  });
  expect(seen).toEqual([1_000, 1_500, 1_500, 1_600, 1_600, 8_550]);
});

it('a steady clock that knows what has passed goes by that alone', () => {
  let [shown, passed] = [1_000, 70.5];
  const clock = steadyClock({ now: () => shown, passedMs: () => passed, sleep: async () => undefined });
  const seen = [5_000, 86_400_000, -2_000].map((next) => {
    shown = next;
    passed += 10.25;
    return clock.now();
  });
  expect(seen).toEqual([1_010, 1_020, 1_030]);
});

/** A writer that publishes its intent, by this clock, and is killed. */
async function publishAndDie(host: GitHost, url: string, edit: Edit, clock: HandClock): Promise<void> {
  const dying = testWorld({ clock });
  const before = pushesIn(host).length;
  let beaten = false;
  const killed: typeof dying.http = async (request) => {
    if (
      pushesIn(host)
        .slice(before)
        .some(({ refs }) => refs.some((ref) => ref.startsWith('refs/tagboat/')))
    )
      throw new Error('killed');
    if (!beaten && String(request.url).endsWith('/git-receive-pack')) {
      beaten = true;
      await host.commit('config', { files: { 'rival.yaml': 'x: 1\n' } });
    }
    return dying.http(request);
  };
  const landing = landDelivery({ ...dying, http: killed }, dying.emit, deliveryTo(url, edit), undefined);
  await expect(landing).rejects.toThrow('killed');
}

describe.skipIf(noHttpBackend !== undefined)(`the queue and a clock that is wrong${skipNote}`, () => {
  it('is rid of what is dated far ahead by the next landing, which does not wait in line behind it', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: { ...chart, 'b.yaml': 'tag: a\n' } });
    const now = Date.UTC(2026, 0, 1);
    const year = 366 * 86_400_000;
    await publishAndDie(host, url, setTag('old', 'b.yaml', '.tag'), jumpingClock(now + year));
    expect(await refsOf(host, 'config', 'refs/tagboat')).not.toBe('');
    const before = pushesIn(host).length;
    const world = testWorld({ clock: jumpingClock(now) });
    landed(await landDelivery(world, world.emit, deliveryTo(url, setTag('new')), undefined));
    expect(await refsOf(host, 'config', 'refs/tagboat')).toBe('');
    // The landing itself, and the ref that nobody will land.
    expect(pushesIn(host).length - before).toBe(2);
    expect(await fileAt(host, 'config', 'b.yaml')).toBe('tag: a\n');
  });

  it('lands though the clock is set a day ahead in between', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    const own = testWorld({ clock: jumpingClock() });
    const day = 86_400_000;
    const now = () => own.clock.now() + (host.requests.length > 1 ? day : 0);
    const clock = { ...own.clock, now, passedMs: () => own.clock.now() };
    landed(await landDelivery({ ...own, clock }, own.emit, deliveryTo(url, setTag('new')), undefined));
    expect(await fileAt(host, 'config')).toContain('imageTag:   new   #');
  });
});

describe.skipIf(noHttpBackend !== undefined)(`the queue and a clock that is set back${skipNote}`, () => {
  it('waits no longer for one who is gone', async () => {
    const host = await gitHost();
    const url = await host.createRepo('config', { files: chart });
    await publishAndDie(host, url, setTag('old'), jumpingClock());

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
