import { basename, dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { landDelivery } from '../../src/commit/commit.ts';
import type { DeliveryPlan } from '../../src/plan.ts';
import { noDulwich, serveByDulwich } from '../support/dulwich.ts';
import { gitHost, noHttpBackend } from '../support/git-host.ts';
import { noJgit, serveByJgit } from '../support/jgit.ts';
import { fastClock, testWorld } from '../support/world.ts';
import { deliveryTo, fileAt, isSound, setTag, shared, values, valuesWith } from './landing.ts';

const name = 'config';

const hosts = [
  { by: 'Dulwich', missing: noDulwich, serve: serveByDulwich },
  { by: 'JGit', missing: noJgit, serve: serveByJgit },
].map((one) => ({ ...one, missing: one.missing ?? noHttpBackend }));

/** A config repo that such a host serves; git itself looks at it. */
async function served(serve: (root: string) => Promise<string>, files: Readonly<Record<string, string>>) {
  const host = await gitHost();
  await host.createRepo(name, { files: { ...files, ...shared } });
  const dir = host.repoDir(name);
  return { host, url: `${await serve(dirname(dir))}/${basename(dir)}` };
}

const land = (plan: DeliveryPlan, budgetMs = 240_000) => {
  const world = testWorld({ clock: fastClock(1), random: Math.random });
  return landDelivery(world, world.emit, plan, undefined, { budgetMs });
};

for (const { by, missing, serve } of hosts) {
  const note = missing === undefined ? '' : ` (skipped: ${missing})`;
  describe.skipIf(missing !== undefined)(`a config repo on a real ${by}${note}`, () => {
    it('takes a commit, a hold that later ones respect, and the earlier value back', async () => {
      const { host, url } = await served(serve, { 'main/values.yaml': values });
      expect(await land(deliveryTo(url, setTag('b')))).toMatchObject({ is: 'landed' });
      expect(await land(deliveryTo(url, setTag('b')))).toMatchObject({ is: 'unchanged' });
      const places = [{ file: 'main/values.yaml', path: '.front.imageTag' }];
      const holds = { is: 'hold', places, by: 'Ada', why: 'it breaks', until: undefined } as const;
      const back = { ...deliveryTo(url, setTag('a')), message: 'Roll back', holds };
      expect(await land(back)).toMatchObject({ is: 'landed' });
      expect(await land(deliveryTo(url, setTag('c')))).toMatchObject({ is: 'held', why: 'it breaks' });
      expect(await fileAt(host, name)).toBe(values);
      await isSound(host, name);
    }, 300_000);

    it('takes eight writers at once, each exactly once', async () => {
      const files = Array.from({ length: 8 }, (_, n) => `s${n}/values.yaml`);
      const { host, url } = await served(serve, Object.fromEntries(files.map((file) => [file, values])));
      const plans = files.map((file) => ({
        ...deliveryTo(url, setTag('b', file)),
        message: `Set ${file}\n\nTagboat-Source: abc`,
      }));
      const outcomes = await Promise.all(plans.map((plan) => land(plan)));
      expect(outcomes.map(({ is }) => is)).toEqual(files.map(() => 'landed'));
      for (const file of files) expect(await fileAt(host, name, file)).toBe(valuesWith('b'));
      const subjects = (await host.git(name, 'log', '--format=%s', '--reverse', 'main')).trim().split('\n').slice(1);
      expect(subjects.toSorted()).toEqual(files.map((file) => `Set ${file}`));
      await isSound(host, name);
    }, 300_000);
  });
}
