import { describe, expect, it } from 'vitest';
import type { Emit } from '../../../src/events.ts';
import type { GitHost } from '../../../src/sandbox/git-host/git-host.ts';
import type { Tell, Waited } from '../../../src/wire/world.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { type HandClock, jumpingClock, testWorld } from '../../support/world.ts';
import { allowance, gitWithin, likeGitHub, likeGitLab } from '../allowance.ts';
import { chart, deliveryTo, fileAt, isPush, isSound, land, landed, valuesWith } from '../landing.ts';
import { github, name } from '../on-github.ts';

/** A world on this clock, and how often in it a host was waited for: a program is told each time how long and until when. */
function watched(clock: HandClock) {
  const waits: Waited[] = [];
  const tell: Tell = (_, waited) => void (waited && waits.push(waited));
  const world = testWorld({ clock });
  const emit: Emit = (event) =>
    void (event.type === 'notice' && event.code === 'PEER_AWAITED' && waits.push(event.data));
  return { world: { ...world, notice: tell, emit }, waits };
}

const until = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const limited = expect.objectContaining({ limited: true, until });

describe.skipIf(noHttpBackend !== undefined)(`a request that would be refused${skipNote}`, () => {
  it("isn't sent to GitHub's API: the commit waits for the next allowance, and is told so", async () => {
    const clock = jumpingClock();
    const within = allowance(clock, { most: 1, windowMs: 40_000 }, likeGitHub('graphql'));
    const { host, api, credential, delivery } = await github({ within });
    const { world, waits } = watched(clock);
    landed(await land(delivery, world, credential));
    expect(await fileAt(host, name)).toBe(valuesWith('b'));
    expect([api.requests.length, within.refused(), host.requests.length]).toEqual([2, 0, 0]);
    expect(await host.git(name, 'rev-list', '--count', 'main')).toBe('2\n');
    expect(waits).toEqual([limited]);
  });

  it.each([
    ['after all that is needed has been asked', 2],
    ['as long as one is left', 3],
  ])("isn't waited for %s", async (_, most) => {
    const clock = jumpingClock();
    const within = allowance(clock, { most, windowMs: 1_800_000 }, likeGitHub('graphql'));
    const { api, credential, delivery } = await github({ within });
    const { world, waits } = watched(clock);
    const began = clock.now();
    landed(await land(delivery, world, credential));
    expect([api.requests.length, within.refused(), waits]).toEqual([2, 0, []]);
    expect(clock.now() - began).toBeLessThan(1_000);
  });

  it("isn't waited for beyond the run's time: it ends at once, with the time", async () => {
    const clock = jumpingClock();
    const within = allowance(clock, { most: 1, windowMs: 1_800_000 }, likeGitHub('graphql'));
    const { host, api, credential, delivery } = await github({ within });
    const began = clock.now();
    const { world, waits } = watched(clock);
    await expect(land(delivery, world, credential)).rejects.toMatchObject({
      ...{ code: 'GIT_RATE_LIMITED', exitCode: 6, data: { until } },
    });
    expect([api.requests.length, within.refused(), clock.now() - began, waits]).toEqual([1, 0, 0, []]);
    expect(await host.git(name, 'rev-list', '--count', 'main')).toBe('1\n');
  });

  it('is none to the other one: by git, where the API may be asked no more', async () => {
    const clock = jumpingClock();
    const within = allowance(clock, { most: 1, windowMs: 1_800_000 }, likeGitHub('graphql'));
    const { host, api, credential, delivery } = await github({ within });
    landed(await land({ ...delivery, via: 'auto' }, watched(clock).world, credential));
    expect([api.requests.length, within.refused()]).toEqual([1, 0]);
    expect(await host.git(name, 'rev-list', '--count', 'main')).toBe('2\n');
  });

  it.each([
    1, 2, 3, 4,
  ])("isn't sent to a git host that takes %i of them in a while, and the change lands once", async (most) => {
    const clock = jumpingClock();
    const within = allowance(clock, { most, windowMs: 12_000 }, likeGitLab('throttle_authenticated_web'));
    const host = await gitHost({ fault: () => gitWithin(within) });
    const url = await host.createRepo('config', { files: chart });
    const { world, waits } = watched(clock);
    landed(await land(deliveryTo(url), world));
    expect(within.refused()).toBe(0);
    expect(await fileAt(host, 'config')).toBe(valuesWith('b'));
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('2\n');
    expect(waits.length).toBeGreaterThan(0);
    await isSound(host, 'config');
  });

  it.each([1, 2, 3])('ends the run by git at once where number %i was the last for long', async (most) => {
    const clock = jumpingClock();
    const within = allowance(clock, { most, windowMs: 1_800_000 }, likeGitLab('throttle_authenticated_git_http'));
    const host = await gitHost({ fault: () => gitWithin(within) });
    const url = await host.createRepo('config', { files: chart });
    const { world, waits } = watched(clock);
    await expect(land(deliveryTo(url), world)).rejects.toMatchObject({
      ...{ code: 'GIT_RATE_LIMITED', exitCode: 6, data: { until } },
    });
    expect([host.requests.length, within.refused(), waits]).toEqual([most, 0, []]);
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('1\n');
  });

  it('is none where the last one that git might send was the push: what the host reported of it stands', async () => {
    const clock = jumpingClock();
    const within = allowance(clock, { most: 4, windowMs: 1_800_000 }, likeGitLab('throttle_authenticated_git_http'));
    const host = await gitHost({ fault: () => gitWithin(within) });
    const url = await host.createRepo('config', { files: chart });
    const began = clock.now();
    landed(await land(deliveryTo(url), watched(clock).world));
    expect([host.requests.length, within.refused()]).toEqual([4, 0]);
    // No longer than the connection of the push is waited for.
    expect(clock.now() - began).toBeLessThan(1_000);
  });

  it("isn't sent by a writer that was beaten and waits in the queue either", async () => {
    const clock = jumpingClock();
    const within = allowance(clock, { most: 4, windowMs: 9_000 }, likeGitLab('throttle_authenticated_web'));
    let beaten = false;
    const host: GitHost = await gitHost({
      fault: async (request) => {
        const counted = gitWithin(within);
        if (isPush(request) && !beaten) {
          beaten = true;
          await host.commit('config', { files: { 'other.yaml': 'x: 1\n' }, message: 'A rival\n' });
        }
        return counted;
      },
    });
    const url = await host.createRepo('config', { files: chart });
    const { world, waits } = watched(clock);
    landed(await land(deliveryTo(url), world, undefined, { queue: true }));
    expect([beaten, within.refused(), waits.length > 0]).toEqual([true, 0, true]);
    expect(await host.git('config', 'rev-list', '--count', 'main')).toBe('3\n');
    expect(await host.git('config', 'for-each-ref', 'refs/tagboat')).toBe('');
  });
});
