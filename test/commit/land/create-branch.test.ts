import { describe, expect, it } from 'vitest';
import type { DeliveryPlan } from '../../../src/plan.ts';
import type { GitHostFault, GitHostRequest } from '../../../src/sandbox/git-host/git-host.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import {
  chart,
  deliveryTo,
  fileAt,
  isPush,
  isSound,
  land,
  noticesIn,
  quickWorld,
  setTag,
  tipOf,
  valuesWith,
} from '../landing.ts';
import { name as proposedIn, proposing } from '../propose/proposing.ts';

const branch = 'env/prod';
const name = 'config';

async function place(
  fault?: (request: GitHostRequest) => Promise<GitHostFault | undefined> | GitHostFault | undefined,
) {
  const host = await gitHost(fault === undefined ? {} : { fault });
  const url = await host.createRepo(name, { files: chart });
  const delivery = (tag: string, more: Partial<DeliveryPlan> = {}): DeliveryPlan => ({
    ...deliveryTo(url, setTag(tag)),
    ...{ branch, createBranch: { from: 'main' }, message: `Set front to ${tag}` },
    ...more,
  });
  const subjects = async () => (await host.git(name, 'log', '--format=%s', branch)).trim().split('\n');
  return { host, url, delivery, subjects };
}

describe.skipIf(noHttpBackend !== undefined)(`a config branch that is to be made${skipNote}`, () => {
  it('comes with its first commit in one push, from its base or the default branch, and is landed on as any later', async () => {
    for (const createBranch of [{ from: 'main' }, {}]) {
      const { host, delivery } = await place();
      const world = quickWorld();
      const base = await tipOf(host, name);
      const outcome = await land(delivery('b', { createBranch }), world);
      expect(outcome).toMatchObject({ is: 'landed', branch, parent: base, commit: await tipOf(host, name, branch) });
      expect(world.events).toMatchObject([{ code: 'BRANCH_CREATED', data: { branch, base: createBranch.from } }]);
      expect(host.requests.filter(isPush).length).toBe(1);
      expect([await fileAt(host, name, 'main/values.yaml', branch), await tipOf(host, name)]).toEqual([
        valuesWith('b'),
        base,
      ]);
      const later = quickWorld();
      expect(await land(delivery('c', { createBranch }), later)).toMatchObject({
        is: 'landed',
        parent: outcome.is === 'landed' && outcome.commit,
      });
      expect(noticesIn(later)).toEqual([]);
      await isSound(host, name);
    }
  });

  it('is made at its base where that has the values already', async () => {
    const { host, delivery } = await place();
    expect(await land(delivery('a'))).toMatchObject({ is: 'unchanged', tip: await tipOf(host, name) });
    expect(await tipOf(host, name, branch)).toBe(await tipOf(host, name));
  });

  it('is refused with the branches that are, where its base is missing too', async () => {
    const { host, delivery } = await place();
    const landing = land(delivery('b', { createBranch: { from: 'mian' } }));
    await expect(landing).rejects.toMatchObject({
      code: 'BRANCH_BASE_NOT_FOUND',
      exitCode: 6,
      data: { base: 'mian', branches: ['main'] },
    });
    await host.git(name, 'symbolic-ref', 'HEAD', 'refs/heads/gone');
    await expect(land(delivery('b', { createBranch: {} }))).rejects.toMatchObject({ code: 'BRANCH_BASE_NOT_FOUND' });
    expect(host.requests.filter(isPush)).toEqual([]);
  });

  it.each([
    ['with another commit', 'c'],
    ['at its base', undefined],
  ])('is taken as it is where somebody else makes it first (%s)', async (_, tag) => {
    let rival: (() => Promise<unknown>) | undefined;
    const { host, delivery, subjects } = await place(async (request) => {
      if (isPush(request)) await rival?.();
      return undefined;
    });
    rival = async () => {
      rival = undefined;
      await host.git(name, 'branch', branch, 'main');
      if (tag !== undefined) await host.commit(name, { branch, files: { 'notes.txt': tag }, message: 'Theirs' });
    };
    expect(await land(delivery('b'))).toMatchObject({ is: 'landed', attempts: 2 });
    expect((await subjects())[0]).toBe('Set front to b');
    expect((await subjects()).includes('Theirs')).toBe(tag !== undefined);
    expect(await fileAt(host, name, 'main/values.yaml', branch)).toBe(valuesWith('b'));
  });

  it('has the commits of all who make it at once, with and without a queue', async () => {
    for (const queue of [true, false]) {
      const { host, delivery, subjects } = await place();
      const files = ['main/values.yaml:.front.imageTag', 'main/values.yaml:.back.imageTag', 'main/Chart.yaml:.version'];
      const outcomes = await Promise.all(
        files.map((place, at) => {
          const [file = '', path = ''] = place.split(':');
          const edits = [{ ...setTag(`v${at}`, file, path), create: true }];
          return land({ ...delivery('b'), edits, message: `Writer ${at}` }, quickWorld(), undefined, { queue });
        }),
      );
      expect(outcomes.map(({ is }) => is)).toEqual(['landed', 'landed', 'landed']);
      expect((await subjects()).filter((one) => one.startsWith('Writer')).sort()).toEqual([
        'Writer 0',
        'Writer 1',
        'Writer 2',
      ]);
      await isSound(host, name);
    }
  });

  it('is found where the reply to its push was lost', async () => {
    let lost = 0;
    const { host, delivery, subjects } = await place((request) =>
      isPush(request) && lost++ === 0 ? { is: 'cut' as const, bytes: 0 } : undefined,
    );
    expect(await land(delivery('b'))).toMatchObject({ is: 'landed', commit: await tipOf(host, name, branch) });
    expect((await subjects()).filter((one) => one === 'Set front to b').length).toBe(1);
  });

  it('is there before a pull request into it is made', async () => {
    const { host, pulls, credential, delivery, heads } = await proposing();
    const more = { branch, createBranch: { from: 'main' } };
    expect(await land(delivery('b', {}, more), quickWorld(), credential)).toMatchObject({ is: 'proposed', branch });
    expect(await heads()).toEqual([branch, 'main', 'tagboat/production']);
    expect(await tipOf(host, proposedIn, branch)).toBe(await tipOf(host, proposedIn));
    expect(pulls.all).toMatchObject([{ base: branch, state: 'open' }]);
  });
});
