import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { landDelivery } from '../../../src/commit/commit.ts';
import { awaitMerge } from '../../../src/commit/propose/await-merge.ts';
import { planRollback } from '../../../src/config/plan/rollback.ts';
import type { DeliveryPlan } from '../../../src/plan.ts';
import { type Gitea, noGitea, startGitea } from '../../support/gitea.ts';
import { fastClock, type TestWorld, testWorld } from '../../support/world.ts';
import { values, valuesWith } from '../landing.ts';
import { type ConfigOnGitea, configOn } from './gitea.ts';

let gitea: Gitea;
const note = noGitea === undefined ? '' : ` (skipped: ${noGitea})`;

const land = (config: ConfigOnGitea, delivery: DeliveryPlan, world: TestWorld = testWorld({ clock: fastClock(1) })) =>
  landDelivery(world, world.emit, delivery, config.credential);

describe.skipIf(noGitea !== undefined)(`a delivery by pull request on a real Gitea${note}`, () => {
  beforeAll(async () => {
    gitea = await startGitea();
  }, 1_800_000);
  afterAll(() => gitea?.close());

  it('is proposed by one pull request, which the next run brings up to date in its place', async () => {
    const config = await configOn(gitea);
    const first = await land(config, config.delivery('b'));
    expect(first).toMatchObject({ is: 'proposed', did: 'created', head: 'tagboat/production' });
    const [pull, ...others] = await config.open();
    expect([pull?.title, pull?.head.ref, others]).toEqual(['Set front to b', 'tagboat/production', []]);
    expect(pull?.body).toContain('`main/values.yaml` `.front.imageTag`: `a` → `b`');
    expect([await config.file(), await config.file('tagboat/production')]).toEqual([values, valuesWith('b')]);

    expect(await land(config, config.delivery('b'))).toMatchObject({ is: 'proposed', did: 'nothing' });
    const next = await land(config, config.delivery('c'));
    expect(next).toMatchObject({ is: 'proposed', did: 'updated', pullRequest: { number: pull?.number } });
    expect((await config.open()).map(({ number, title }) => [number, title])).toEqual([
      [pull?.number, 'Set front to c'],
    ]);
    expect(await config.file('tagboat/production')).toBe(valuesWith('c'));
  });

  it('is made anew on the base where that has moved, so that it stays a change of one value', async () => {
    const config = await configOn(gitea);
    await land(config, config.delivery('b'));
    await config.commit('main', 'main/values.yaml', `${values}\n# more`);
    expect(await land(config, config.delivery('b'))).toMatchObject({ is: 'proposed', did: 'updated' });
    expect(await config.file('tagboat/production')).toBe(`${valuesWith('b')}\n# more`);
  });

  it('is closed, and its branch removed, once the base says so already', async () => {
    const config = await configOn(gitea);
    const made = await land(config, config.delivery('b'));
    await config.commit('main', 'main/values.yaml', valuesWith('b'));
    expect(await land(config, config.delivery('b'))).toMatchObject({ is: 'unchanged' });
    expect([await config.open(), await config.branches()]).toEqual([[], ['main']]);
    const number = made.is === 'proposed' ? made.pullRequest.number : 0;
    expect(await config.pull(number)).toMatchObject({ state: 'closed', merged: false });
  });

  it('keeps what somebody else put on its branch, below its own', async () => {
    const config = await configOn(gitea);
    await land(config, config.delivery('b'));
    await config.commit('tagboat/production', 'NOTES.md', 'by hand');
    const world = testWorld({ clock: fastClock(1) });
    expect(await land(config, config.delivery('c'), world)).toMatchObject({ is: 'proposed', did: 'updated' });
    expect(world.events).toMatchObject([{ code: 'PULL_REQUEST_KEPT' }]);
    expect(await config.file('tagboat/production', 'NOTES.md')).toBe('by hand');
    expect(await config.file('tagboat/production')).toBe(valuesWith('c'));
    await config.commit('main', 'main/values.yaml', valuesWith('c'));
    expect(await land(config, config.delivery('c'))).toMatchObject({ is: 'unchanged' });
    expect([(await config.open()).length, await config.branches()]).toEqual([1, ['main', 'tagboat/production']]);
  });

  it('has the labels and reviewers that are asked for, and keeps those that others added', async () => {
    const config = await configOn(gitea);
    const bob = await gitea.user('bob');
    await gitea.api('PUT', `/repos/${config.path}/collaborators/bob`, { permission: 'write' });
    const asked = { pullRequest: { labels: ['deploy'], reviewers: ['bob'] } };
    await land(config, config.delivery('b', asked));
    const [pull] = await config.open();
    expect(pull).toMatchObject({ labels: [{ name: 'deploy' }], requested_reviewers: [{ login: 'bob' }] });
    const review = { event: 'APPROVED', body: 'Good' };
    await gitea.api('POST', `/repos/${config.path}/pulls/${pull?.number}/reviews`, review, bob);
    // Who has given a review isn't asked again.
    await land(config, config.delivery('b', { pullRequest: { ...asked.pullRequest, labels: ['deploy', 'more'] } }));
    const [after] = await config.open();
    expect(after?.labels.map(({ name }) => name).sort()).toEqual(['deploy', 'more']);
    const reviews = await gitea.api('GET', `/repos/${config.path}/pulls/${pull?.number}/reviews`);
    expect(reviews).toMatchObject([{ state: 'APPROVED' }]);
  });

  it.each([
    'merge',
    'squash',
    'rebase',
  ] as const)('is merged by the host (%s) where that is asked for', async (autoMerge) => {
    const config = await configOn(gitea);
    const outcome = await land(config, config.delivery('b', { pullRequest: { autoMerge } }));
    // Gitea merges in its own time.
    expect(['landed', 'proposed']).toContain(outcome.is);
    await config.merged(1);
    expect(await config.file()).toBe(valuesWith('b'));
    expect(await land(config, config.delivery('b'))).toMatchObject({ is: 'unchanged' });
    expect([await config.open(), await config.branches()]).toEqual([[], ['main']]);
  });

  it.each([
    'merge',
    'squash',
    'rebase',
  ])('is proposed anew where a person has merged the one before (%s)', async (how) => {
    const config = await configOn(gitea);
    const proposed = await land(config, config.delivery('b'));
    if (proposed.is !== 'proposed') return expect.unreachable(proposed.is);
    const world = testWorld({ clock: fastClock(1) });
    const waiting = awaitMerge(world, world.emit, config.delivery('b'), config.credential, {
      proposed,
      waitMs: 3_600_000,
    });
    const [waited] = await Promise.all([waiting, config.merge(1, how)]);
    expect(waited).toMatchObject({ is: 'landed', commit: await config.merged(1) });
    const next = await land(config, config.delivery('c'));
    expect(next).toMatchObject({ is: 'proposed', did: 'created', changes: [{ before: 'b', after: 'c' }] });
    expect((await config.open()).length).toBe(1);
  });

  it('is told to conflict with its base while its merge is waited for, until the next run mends it', async () => {
    const config = await configOn(gitea);
    const proposed = await land(config, config.delivery('b'));
    await config.commit('main', 'main/values.yaml', valuesWith('z'));
    const world = testWorld({ clock: fastClock(1) });
    const told = (event: Parameters<typeof world.emit>[0]) => {
      world.emit(event);
      if (event.type === 'notice' && event.code === 'MERGE_CONFLICTS') world.abort(new Error('it was told'));
    };
    const wait = (outcome: typeof proposed, on: TestWorld, emit = on.emit) =>
      outcome.is === 'proposed'
        ? awaitMerge(on, emit, config.delivery('b'), config.credential, { proposed: outcome, waitMs: 3_600_000 })
        : expect.unreachable(outcome.is);
    await expect(wait(proposed, world, told)).rejects.toThrow('it was told');

    const again = await land(config, config.delivery('b'));
    expect(again).toMatchObject({ is: 'proposed', did: 'updated', pullRequest: { number: 1 } });
    const [waited] = await Promise.all([wait(again, testWorld({ clock: fastClock(1) })), config.merge(1, 'squash')]);
    expect(waited).toMatchObject({ is: 'landed', commit: await config.merged(1) });
    expect(await config.file()).toBe(valuesWith('b'));
  });

  it('is proposed anew where the one before is merged while its branch moves', async () => {
    const config = await configOn(gitea);
    await land(config, config.delivery('b'));
    const world = testWorld({ clock: fastClock(1) });
    let merges = 0;
    const http: typeof world.http = async (request) => {
      if (request.method === 'POST' && String(request.url).endsWith('/git-receive-pack') && merges++ === 0)
        await config.merge(1, 'squash');
      return world.http(request);
    };
    const outcome = await land(config, config.delivery('c'), { ...world, http });
    expect(outcome).toMatchObject({ is: 'proposed', pullRequest: { number: 2 } });
    expect([(await config.open()).map(({ number }) => number), await config.file()]).toEqual([[2], valuesWith('b')]);
    expect(await config.file('tagboat/production')).toBe(valuesWith('c'));
  });

  it('waits for the checks that the branch requires, and is then merged by the host', async () => {
    const config = await configOn(gitea);
    const rule = { rule_name: 'main', enable_push: false, enable_status_check: true, status_check_contexts: ['ci'] };
    await gitea.api('POST', `/repos/${config.path}/branch_protections`, rule);
    const outcome = await land(config, config.delivery('b', { pullRequest: { autoMerge: 'squash' } }));
    if (outcome.is !== 'proposed') return expect.unreachable(outcome.is);
    expect(await config.pull(1)).toMatchObject({ state: 'open', merged: false });
    await gitea.api('POST', `/repos/${config.path}/statuses/${outcome.commit}`, { context: 'ci', state: 'success' });
    await config.merged(1);
    expect(await config.file()).toBe(valuesWith('b'));
  });

  it('is proposed where the branch takes no pushes', async () => {
    const config = await configOn(gitea);
    await gitea.api('POST', `/repos/${config.path}/branch_protections`, { rule_name: 'main', enable_push: false });
    expect(await land(config, config.delivery('b'))).toMatchObject({ is: 'proposed' });
    const pushed = land(config, config.delivery('b', { via: 'git' }));
    await expect(pushed).rejects.toMatchObject({ code: 'PUSH_DENIED' });
  });

  it("is refused with the host's words for a token that may not, and leaves no branch", async () => {
    const config = await configOn(gitea);
    await gitea.api('PATCH', `/repos/${config.path}`, { has_pull_requests: false });
    await expect(land(config, config.delivery('b'))).rejects.toMatchObject({ code: 'PULL_REQUEST_REFUSED' });
    expect(await config.branches()).toEqual(['main']);
  });

  it('makes its base branch of another one, and proposes to that; where nobody may propose it makes none', async () => {
    const config = await configOn(gitea);
    const made = { branch: 'staging', createBranch: { from: 'main' } };
    expect(await land(config, config.delivery('b', made))).toMatchObject({ is: 'proposed', did: 'created' });
    expect(await config.branches()).toEqual(['main', 'staging', 'tagboat/production']);
    expect(await config.open()).toMatchObject([{ base: { ref: 'staging' }, head: { ref: 'tagboat/production' } }]);
    expect([await config.file('staging'), await config.file('tagboat/production')]).toEqual([values, valuesWith('b')]);
    expect(await land(config, config.delivery('b', made))).toMatchObject({ is: 'proposed', did: 'nothing' });
    await config.merge(1, 'merge');
    await config.merged(1);
    expect(await land(config, config.delivery('b', made))).toMatchObject({ is: 'unchanged' });
    expect([await config.branches(), await config.file()]).toEqual([['main', 'staging'], values]);

    const closed = await configOn(gitea);
    await gitea.api('PATCH', `/repos/${closed.path}`, { has_pull_requests: false });
    await expect(land(closed, closed.delivery('b', made))).rejects.toMatchObject({ code: 'PULL_REQUEST_REFUSED' });
    expect(await closed.branches()).toEqual(['main']);
  });

  it('is rolled back by a pull request of its own, beside the one that is open, and held once that is merged', async () => {
    const config = await configOn(gitea);
    const tip = async () => {
      const branch = await gitea.api('GET', `/repos/${config.path}/branches/main`);
      return (branch as { readonly commit: { readonly id: string } }).commit.id;
    };
    const to = await tip();
    await land(config, config.delivery('b', { pullRequest: { autoMerge: 'squash' } }));
    await config.merged(1);
    await land(config, config.delivery('c'));
    const places = [{ file: 'main/values.yaml', path: '.front.imageTag' }];
    const { via, pullRequest } = config.delivery('b');
    const target = { repo: config.url, branch: 'main', delivery: 'production', places, source: undefined };
    const person = { actions: false, gitUser: { name: 'Ada', email: 'ada@example.test' } };
    const rollback = planRollback(
      { ...target, via, pullRequest },
      {
        ...{ ...person, why: 'orders are lost', by: undefined, until: undefined, deploy: undefined, source: undefined },
        ...{ values: ['a'], now: ['b'], types: [undefined], undone: [], to, from: await tip() },
      },
    );
    const head = 'tagboat/production.rollback';
    const outcome = await land(config, rollback);
    expect(outcome).toMatchObject({ is: 'proposed', did: 'created', head, changes: [{ before: 'b', after: 'a' }] });
    expect(await land(config, rollback)).toMatchObject({ is: 'proposed', did: 'nothing' });
    expect((await config.open()).map(({ title, head: { ref } }) => [ref, title]).sort()).toEqual([
      ['tagboat/production', 'Set front to c'],
      [head, 'Roll back production to a'],
    ]);
    expect([await config.file(), await config.file(head)]).toEqual([valuesWith('b'), values]);
    // A later delivery leaves it alone, until it is merged and holds what it brought back.
    expect(await land(config, config.delivery('d'))).toMatchObject({ is: 'proposed', did: 'updated' });
    expect(await config.file(head)).toBe(values);
    await config.merge(3, 'squash');
    await config.merged(3);
    expect(await land(config, config.delivery('d'))).toMatchObject({ is: 'held' });
    expect(await config.file()).toBe(values);
    expect(await config.file('main', '.tagboat/holds.json')).toContain('orders are lost');
  });
});
