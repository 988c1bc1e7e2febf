import { describe, expect, it, onTestFinished } from 'vitest';
import { startFleet } from '../../../bench/fleet.ts';
import { createFeed } from '../../../src/deploy/observe/feed.ts';
import { wait } from '../../../src/entry/commands/wait.ts';
import { createArgoCd } from '../../../src/wire/argocd/client.ts';
import { harbour } from '../../support/argocd.ts';
import { noHttpBackend, skipNote, tempDir } from '../../support/git-host.ts';
import { here } from '../../support/here.ts';
import { fastClock, testWorld } from '../../support/world.ts';

describe.skipIf(noHttpBackend !== undefined)(`many applications of one server${skipNote}`, () => {
  it('are watched over one stream, and each gets its verdict', async () => {
    const fleet = await startFleet(await tempDir(), 60);
    onTestFinished(() => fleet.close());
    const body = wait(
      { json: true, quiet: false, color: false, jobs: 1 },
      { application: [], sync: false, branch: 'main', repo: fleet.repo, server: fleet.argocd.url },
    );
    const done = await here(body, { env: { ARGOCD_AUTH_TOKEN: 'planted' }, world: () => ({ clock: fastClock(20) }) });
    expect(done.errors).toEqual([]);
    expect(done.verdicts.map(({ is }) => is)).toEqual(Array.from({ length: 60 }, () => 'healthy'));
    expect(fleet.argocd.streams.most).toBe(1);
  });
});

describe.skipIf(noHttpBackend !== undefined)(`a feed${skipNote}`, () => {
  it('tells what the stream missed, by looks, once the stream is gone for good', async () => {
    let refused = false;
    const place = await harbour({
      fault: ({ path }) => (refused && path.includes('/stream/') ? { is: 'cut' } : undefined),
    });
    const world = testWorld({ clock: fastClock() });
    const argocd = createArgoCd({ ...world, url: place.argocd.url, token: async () => undefined });
    const feed = createFeed(world, argocd);
    const commit = await place.deliver('b');
    const seen = new Promise<void>((resolve) => {
      const stop = feed.follow({ name: 'front' }, (news) => {
        if (!refused) {
          refused = true;
          place.argocd.cut();
          void place.argocd.app('front').refresh();
        }
        if (news.is !== 'state' || news.application.sync.revision !== commit) return;
        stop();
        resolve();
      });
    });
    await seen;
    expect(place.argocd.streams.open).toBe(0);
  });

  it('opens no stream before anybody follows, and none stays after the last one left', async () => {
    const place = await harbour();
    const world = testWorld({ clock: fastClock() });
    const argocd = createArgoCd({ ...world, url: place.argocd.url, token: async () => undefined });
    const feed = createFeed(world, argocd);
    expect(place.argocd.requests).toEqual([]);
    await new Promise<void>((resolve) => {
      const stop = feed.follow({ name: 'front' }, () => {
        stop();
        resolve();
      });
    });
    await expect.poll(() => place.argocd.streams.open).toBe(0);
  });
});
