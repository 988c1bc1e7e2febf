import { describe, expect, it } from 'vitest';
import { previewDelivery } from '../../../src/commit/land/preview.ts';
import type { Lineage } from '../../../src/commit/order/lineage.ts';
import { awaitMerge } from '../../../src/commit/propose/await-merge.ts';
import { isError } from '../../../src/errors.ts';
import type { CommitOutcome } from '../../../src/plan/outcome.ts';
import { json } from '../../../src/sandbox/api.ts';
import { noHttpBackend, skipNote } from '../../support/git-host.ts';
import { fileAt, isPush, isSound, land, noticesIn, quickWorld, tipOf, valuesWith } from '../landing.ts';
import { mergeOn, name, proposing } from './proposing.ts';

const head = 'tagboat/production';

/** The app repo's commits in the order of their letters. */
const inOrder = (ours: string): Lineage =>
  ({
    commit: ours.padEnd(40, '0'),
    kinOf: async (theirs: string) => ({
      is: theirs === ours.padEnd(40, '0') ? 'same' : theirs > ours ? 'descendant' : 'ancestor',
    }),
    wholeId: async () => undefined,
    tell: () => undefined,
  }) as unknown as Lineage;

function proposed(outcome: CommitOutcome): Extract<CommitOutcome, { is: 'proposed' }> {
  expect(outcome.is).toBe('proposed');
  return outcome as Extract<CommitOutcome, { is: 'proposed' }>;
}

describe.skipIf(noHttpBackend !== undefined)(`a delivery by pull request${skipNote}`, () => {
  it('moves a branch of its own and leaves the base alone', async () => {
    const { host, pulls, credential, delivery, heads } = await proposing();
    const before = await tipOf(host, name);
    const outcome = proposed(await land(delivery('b'), quickWorld(), credential));
    expect(outcome).toMatchObject({
      did: 'created',
      head,
      commit: await tipOf(host, name, head),
      pullRequest: { number: 1 },
    });
    expect([await tipOf(host, name), await heads()]).toEqual([before, ['main', head]]);
    expect(await fileAt(host, name, 'main/values.yaml', head)).toBe(valuesWith('b'));
    expect(pulls.all).toMatchObject([{ title: 'Set front to b', base: 'main', head, state: 'open' }]);
    await isSound(host, name);
  });

  it('asks for labels, reviewers and teams, and for what is missing alone', async () => {
    const { api, pulls, credential, delivery } = await proposing();
    const asked = { labels: ['deploy'], reviewers: ['ada', 'acme/platform'] };
    await land(delivery('b', asked), quickWorld(), credential);
    expect(pulls.all).toMatchObject([{ labels: ['deploy'], reviewers: ['ada', 'team:platform'] }]);
    const before = api.requests.length;
    expect(await land(delivery('b', asked), quickWorld(), credential)).toMatchObject({ did: 'nothing' });
    expect(api.requests.slice(before).map(({ method }) => method)).toEqual(['GET']);
  });

  it('never proposes an older commit over a newer one', async () => {
    const { host, credential, delivery } = await proposing();
    await land(delivery('c'), quickWorld(), credential, { lineage: inOrder('c') });
    const at = await tipOf(host, name, head);
    expect(await land(delivery('b'), quickWorld(), credential, { lineage: inOrder('b') })).toMatchObject({
      is: 'superseded',
    });
    expect(await tipOf(host, name, head)).toBe(at);
    // Nor is a newer proposal closed by a run that finds its own value on the base already.
    expect(await land(delivery('a'), quickWorld(), credential, { lineage: inOrder('a') })).toMatchObject({
      is: 'unchanged',
    });
    expect(await tipOf(host, name, head)).toBe(at);
  });

  it.each(['merge', 'squash', 'rebase'])('waits for the merge and tells its commit (%s)', async (how) => {
    const { host, pulls, credential, delivery } = await proposing();
    const world = quickWorld();
    const outcome = proposed(await land(delivery('b'), world, credential));
    const merging = awaitMerge(world, world.emit, delivery('b'), credential, { proposed: outcome, waitMs: 3_600_000 });
    const [landed, commit] = await Promise.all([merging, pulls.merge(1, how)]);
    expect(landed).toMatchObject({ is: 'landed', commit, changes: [{ before: 'a', after: 'b' }] });
    expect(landed).toMatchObject({ parent: (await host.git(name, 'rev-parse', 'main^1')).trim() });
  });

  it('ends the wait where it is closed, lasts too long, or comes out as something else', async () => {
    const { host, pulls, credential, delivery } = await proposing();
    const world = quickWorld();
    const outcome = proposed(await land(delivery('b'), world, credential));
    const wait = () => awaitMerge(world, world.emit, delivery('b'), credential, { proposed: outcome, waitMs: 10_000 });
    await expect(wait()).rejects.toMatchObject({ code: 'MERGE_TIMED_OUT', exitCode: 8 });
    await host.commit(name, { branch: head, files: { 'main/values.yaml': valuesWith('z') } });
    await pulls.merge(1, 'squash');
    await expect(wait()).rejects.toMatchObject({ code: 'MERGE_CHANGED' });
    await land(delivery('b'), world, credential);
    const [, second] = pulls.all;
    Object.assign(second ?? {}, { state: 'closed' });
    const closed = { ...outcome, pullRequest: { number: 2, url: 'x' } };
    const waiting = awaitMerge(world, world.emit, delivery('b'), credential, { proposed: closed, waitMs: 10_000 });
    await expect(waiting).rejects.toMatchObject({ code: 'PULL_REQUEST_CLOSED' });
  });

  it.each([
    'merge',
    'squash',
    'rebase',
  ] as const)('is merged at once where nothing stands in the way (%s)', async (autoMerge) => {
    const { host, credential, delivery, heads } = await proposing();
    const outcome = await land(delivery('b', { autoMerge }), quickWorld(), credential);
    expect(outcome).toMatchObject({ is: 'landed', commit: await tipOf(host, name) });
    expect(await land(delivery('b', { autoMerge }), quickWorld(), credential)).toMatchObject({ is: 'unchanged' });
    expect(await heads()).toEqual(['main']);
  });

  it('waits for review by the host where that is required', async () => {
    const { pulls, credential, delivery } = await proposing({ blocked: true });
    expect(await land(delivery('b', { autoMerge: 'squash' }), quickWorld(), credential)).toMatchObject({
      is: 'proposed',
    });
    expect(pulls.all).toMatchObject([{ auto: 'SQUASH', state: 'open' }]);
  });

  it('is proposed anew where the one before was merged between our look and our push', async () => {
    let merge: (() => Promise<unknown>) | undefined;
    const { host, pulls, credential, delivery } = await proposing({
      fault: async (request) => {
        if (isPush(request)) await merge?.();
        return undefined;
      },
    });
    await land(delivery('b'), quickWorld(), credential);
    merge = async () => {
      merge = undefined;
      await pulls.merge(1, 'squash');
    };
    expect(await land(delivery('c'), quickWorld(), credential)).toMatchObject({
      is: 'proposed',
      pullRequest: { number: 2 },
    });
    expect(pulls.all.map(({ state, merged }) => [state, merged !== undefined])).toEqual([
      ['closed', true],
      ['open', false],
    ]);
    expect(await fileAt(host, name, 'main/values.yaml', head)).toBe(valuesWith('c'));
  });

  it('keeps what others put on its branch, amended commits of ours too', async () => {
    const { host, credential, delivery, heads } = await proposing();
    await land(delivery('b'), quickWorld(), credential);
    const message = await host.git(name, 'log', '-1', '--format=%B', head);
    await host.git(name, 'update-ref', `refs/heads/${head}`, 'main');
    await host.commit(name, {
      branch: head,
      message,
      files: { 'main/values.yaml': valuesWith('b'), 'by-hand.txt': 'mine' },
    });
    const world = quickWorld();
    expect(await land(delivery('c'), world, credential)).toMatchObject({ is: 'proposed' });
    expect(noticesIn(world).length).toBe(1);
    expect(await fileAt(host, name, 'by-hand.txt', head)).toBe('mine');
    await mergeOn(host, 'main', head, 'merge');
    await land(delivery('c'), quickWorld(), credential);
    expect(await heads()).toEqual(['main']);
  });

  it("refuses a branch that is another app's, and one of another name is free", async () => {
    const { credential, delivery, heads } = await proposing();
    await land(delivery('b'), quickWorld(), credential);
    const message = delivery('c').message.replace('acme/shop', 'acme/other');
    const other = land(delivery('c', {}, { message }), quickWorld(), credential);
    await expect(other).rejects.toMatchObject({ code: 'PULL_REQUEST_HEAD_TAKEN', exitCode: 2 });
    await land(delivery('c', { head: 'tagboat/other' }, { message }), quickWorld(), credential);
    expect(await heads()).toEqual(['main', 'tagboat/other', head]);
  });

  it.each([
    [401, {}, 'Renew'],
    [403, {}, 'right to write pull requests'],
    [404, {}, 'right to write pull requests'],
    [422, {}, 'own words'],
    [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999999999' }, / in \d+ min: the limit/],
    [429, { 'retry-after': '600' }, ' in 10 min: the limit'],
    [429, { 'ratelimit-remaining': '0', 'ratelimit-reset': '99999999999' }, / in \d+ min: the limit/],
    [500, {}, 'own words'],
  ])('ends with the words of a host that makes none (%i %j), and leaves no branch behind', async (status, headers, hint) => {
    const { host, credential, delivery, heads } = await proposing({
      instead: ({ method, path }) =>
        method === 'POST' && path.endsWith('/pulls')
          ? json(status, { message: 'no @you closes #1' }, headers as never)
          : undefined,
    });
    const error = await land(delivery('b'), quickWorld(), credential).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'PULL_REQUEST_REFUSED',
      exitCode: 6,
      peer: { text: expect.stringContaining('closes #1') },
    });
    expect(isError(error) && error.hint).toMatch(hint);
    expect(await heads()).toEqual(['main']);
    await isSound(host, name);
  });

  it.each([
    [403, { message: 'You have exceeded a secondary rate limit' }],
    [429, {}],
  ])('sends again what a limit of requests turned away (%i), and makes one pull request', async (status, words) => {
    let turnedAway = 0;
    const { pulls, credential, delivery } = await proposing({
      instead: ({ method, path }) =>
        method === 'POST' && path.endsWith('/pulls') && ++turnedAway < 3
          ? json(status, words, { 'retry-after': '20' })
          : undefined,
    });
    const world = quickWorld();
    expect(await land(delivery('b'), world, credential)).toMatchObject({ is: 'proposed' });
    expect([pulls.all.length, turnedAway]).toEqual([1, 3]);
    const waits = world.notices.filter((one) => one.includes('limit of requests, until 20'));
    expect(waits.length).toBeGreaterThan(0);
  });

  it('says what stands in the way of a merge that the host refuses, and that the pull request is there', async () => {
    const { pulls, credential, delivery } = await proposing({
      instead: ({ method, path }) =>
        method === 'PUT' && path.endsWith('/merge') ? json(409, { message: 'Merge conflict' }) : undefined,
    });
    const error = await land(delivery('b', { autoMerge: 'squash' }), quickWorld(), credential).catch(
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: 'PULL_REQUEST_REFUSED', peer: { text: expect.stringContaining('conflict') } });
    expect(isError(error) && error.hint).toMatch(/stays open.*conflicts/);
    expect(pulls.all).toMatchObject([{ state: 'open', title: 'Set front to b' }]);
  });

  it('looks for the pull request whose reply was lost before it makes another', async () => {
    const { pulls, credential, delivery } = await proposing({
      lost: ({ method, path }) => method === 'POST' && path.endsWith('/pulls'),
    });
    expect(await land(delivery('b'), quickWorld(), credential)).toMatchObject({ is: 'proposed' });
    expect(pulls.all.length).toBe(1);
  });

  it('is refused where the host has no such API that is known, before anything is sent', async () => {
    const { host, credential, delivery } = await proposing();
    const plain = { ...delivery('b'), pullRequest: undefined };
    for (const asked of [land(plain, quickWorld(), credential), previewDelivery(quickWorld(), plain, credential)])
      await expect(asked).rejects.toMatchObject({ code: 'PULL_REQUEST_IMPOSSIBLE', exitCode: 2 });
    await expect(land(delivery('b'), quickWorld())).rejects.toMatchObject({ code: 'PULL_REQUEST_IMPOSSIBLE' });
    expect(host.requests.length).toBe(0);
  });
});
