import { describe, expect, it } from 'vitest';
import { planHold, planRelease } from '../../../src/config/plan/hold.ts';
import { planRollback } from '../../../src/config/plan/rollback.ts';
import { noHttpBackend, skipNote } from '../../support/git-host.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';
import { fileAt, land, tipOf, valuesWith } from '../landing.ts';
import { name, proposing } from './proposing.ts';

const [file, path] = ['main/values.yaml', '.front.imageTag'];
const back = { file, path: '.back.imageTag' };
const person = { actions: false, gitUser: { name: 'Ada', email: 'ada@example.test' } };
const why = 'orders are lost';
const head = 'tagboat/production';

describe.skipIf(noHttpBackend !== undefined)(`what is proposed beside a delivery${skipNote}`, () => {
  async function place() {
    const made = await proposing();
    const { url, host, credential } = made;
    const target = {
      ...{ repo: url, branch: 'main', delivery: 'production', places: [{ file, path }], source: undefined },
      ...{
        via: 'pullRequest' as const,
        pullRequest: { host: 'github' as const, title: 'Deliver', labels: ['deploy'] },
      },
    };
    const hold = (places = target.places, isPart = false) =>
      planHold({ ...target, places, isPart }, { ...person, why, until: undefined, by: undefined });
    const release = () => planRelease(target, { ...person, why: undefined });
    const rollback = async () => {
      const to = await tipOf(host, name);
      return planRollback(target, {
        ...{ ...person, why, by: undefined, until: undefined, deploy: undefined, source: undefined, undone: [] },
        ...{ values: ['old'], now: ['a'], types: [undefined], to, from: to },
      });
    };
    // Each run is a minute after the one before.
    let minutes = 0;
    const propose = (...[plan]: Parameters<typeof land>) => {
      minutes += 1;
      return land(plan, testWorld({ clock: jumpingClock(Date.UTC(2026, 0, 1, 0, minutes)) }), credential);
    };
    return { ...made, hold, release, rollback, propose };
  }

  it('is a rollback with a pull request of its own: neither replaces the other', async () => {
    const { host, pulls, delivery, propose, rollback, heads } = await place();
    await propose(delivery('b'));
    expect(await propose(await rollback())).toMatchObject({ is: 'proposed', did: 'created', head: `${head}.rollback` });
    expect(await propose(delivery('c'))).toMatchObject({ is: 'proposed', did: 'updated', pullRequest: { number: 1 } });
    expect(await propose(await rollback())).toMatchObject({ did: 'nothing', pullRequest: { number: 2 } });
    expect(await heads()).toEqual(['main', head, `${head}.rollback`]);
    expect(await fileAt(host, name, file, head)).toBe(valuesWith('c'));
    expect(await fileAt(host, name, file, `${head}.rollback`)).toBe(valuesWith('old'));
    // Its own words, and the labels that the delivery's have.
    expect(pulls.all.map(({ title, labels }) => [title, labels])).toEqual([
      ['Set front to c', []],
      ['Roll back production to old', ['deploy']],
    ]);
    await pulls.merge(2, 'squash');
    expect(await propose(delivery('d'))).toMatchObject({ is: 'held' });
  });

  it('is a hold, which its release closes while nobody has merged it', async () => {
    const { host, pulls, delivery, propose, hold, release, heads } = await place();
    await propose(delivery('b'));
    expect(await propose(hold())).toMatchObject({ is: 'proposed', head: `${head}.hold` });
    expect(await fileAt(host, name, '.tagboat/holds.json', `${head}.hold`)).toContain(why);
    // Some of the places are a matter of their own, or the second hold would take the place of the first.
    expect(await propose(hold([back], true))).toMatchObject({ is: 'proposed', did: 'created' });
    expect((await heads()).length).toBe(4);
    expect(await propose(release())).toMatchObject({ is: 'unchanged' });
    expect(pulls.all.map(({ state }) => state)).toEqual(['open', 'closed', 'open']);
  });
});
