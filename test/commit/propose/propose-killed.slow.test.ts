import { describe, expect, it } from 'vitest';
import { noHttpBackend, skipNote } from '../../support/git-host.ts';
import { land, quickWorld, valuesWith } from '../landing.ts';
import { name, proposing } from './proposing.ts';

describe.skipIf(noHttpBackend !== undefined)(`a delivery by pull request that is killed${skipNote}`, () => {
  it('is brought to its end by the next run, wherever the one before was killed', async () => {
    const asked = { labels: ['deploy'], reviewers: ['ada'] };
    const whole = await proposing();
    const count = async (place: Awaited<ReturnType<typeof proposing>>) => {
      await land(place.delivery('b', asked), quickWorld(), place.credential);
      return place.host.requests.length + place.api.requests.length;
    };
    const steps = await count(whole);
    expect(steps).toBeGreaterThan(8);
    for (let kill = 1; kill <= steps; kill += 1) {
      let seen = 0;
      const world = quickWorld();
      const dies = () => {
        seen += 1;
        if (seen === kill) world.abort();
      };
      const place = await proposing({ instead: () => void dies(), fault: () => void dies() });
      await land(place.delivery('b', asked), world, place.credential).catch(() => undefined);
      expect(await land(place.delivery('b', asked), quickWorld(), place.credential), String(kill)).toMatchObject({
        is: 'proposed',
      });
      expect(place.pulls.all, String(kill)).toMatchObject([{ ...asked, state: 'open' }]);
      expect(place.pulls.all.length, String(kill)).toBe(1);
      await place.host.commit(name, { files: { 'main/values.yaml': valuesWith('b') } });
      expect(await land(place.delivery('b', asked), quickWorld(), place.credential)).toMatchObject({ is: 'unchanged' });
      expect([await place.heads(), place.pulls.all[0]?.state]).toEqual([['main'], 'closed']);
    }
  });
});
