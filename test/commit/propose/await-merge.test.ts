import { describe, expect, it } from 'vitest';
import { awaitMerge } from '../../../src/commit/propose/await-merge.ts';
import type { CommitOutcome } from '../../../src/plan/outcome.ts';
import { json } from '../../../src/sandbox/api.ts';
import { noHttpBackend, skipNote } from '../../support/git-host.ts';
import type { TestWorld } from '../../support/world.ts';
import { fileAt, land, quickWorld, valuesWith } from '../landing.ts';
import { name, proposing } from './proposing.ts';

const codes = ({ events }: TestWorld) => events.flatMap((event) => (event.type === 'notice' ? [event.code] : []));

type Place = Awaited<ReturnType<typeof proposing>>;

function wait({ delivery, credential }: Place, world: TestWorld, proposed: CommitOutcome): Promise<CommitOutcome> {
  if (proposed.is !== 'proposed') return expect.unreachable(proposed.is);
  return awaitMerge(world, world.emit, delivery('b'), credential, { proposed, waitMs: 60_000 });
}

describe.skipIf(noHttpBackend !== undefined)(`a wait for a merge${skipNote}`, () => {
  it('tells a conflict once and ends with it, and the next run mends it', async () => {
    const place = await proposing();
    const { host, pulls, credential, delivery } = place;
    const world = quickWorld();
    const proposed = await land(delivery('b'), world, credential);
    await host.commit(name, { files: { 'main/values.yaml': valuesWith('z') } });
    await expect(wait(place, world, proposed)).rejects.toMatchObject({
      ...{ code: 'MERGE_TIMED_OUT', exitCode: 8, data: { branch: 'main', conflicts: true } },
      message: expect.stringContaining('conflicts with main'),
    });
    expect(codes(world)).toEqual(['MERGE_AWAITED', 'MERGE_CONFLICTS']);

    const next = quickWorld();
    const again = await land(delivery('b'), next, credential);
    expect(again).toMatchObject({ is: 'proposed', did: 'updated', pullRequest: { number: 1 } });
    // What else changes on the base is no reason to make it anew, which would cost its reviews.
    await host.commit(name, { files: { 'README.md': 'Another team\n' } });
    expect(await land(delivery('b'), quickWorld(), credential)).toMatchObject({ is: 'proposed', did: 'nothing' });
    const [landed, commit] = await Promise.all([wait(place, next, again), pulls.merge(1, 'squash')]);
    expect(landed).toMatchObject({ is: 'landed', commit });
    expect(codes(next)).not.toContain('MERGE_CONFLICTS');
    expect(await fileAt(host, name)).toBe(valuesWith('b'));
  });

  it.each([
    ['is not worked out yet', [{ mergeable: null, mergeable_state: 'unknown' }]],
    ['is said by one look alone', [{ mergeable: false }, { mergeable: true }]],
    ['is said of a draft', [{ mergeable: false, draft: true }]],
    ['waits for a review', [{ mergeable: true, mergeable_state: 'blocked' }]],
    ['is nothing that the host tells of', [{}]],
  ])('tells no conflict where one %s', async (_, answers) => {
    let looks = 0;
    const place = await proposing({
      instead: ({ method, path }) =>
        method === 'GET' && path.endsWith('/pulls/1')
          ? json(200, { number: 1, state: 'open', ...answers[Math.min(looks++, answers.length - 1)] })
          : undefined,
    });
    const world = quickWorld();
    const proposed = await land(place.delivery('b'), world, place.credential);
    await expect(wait(place, world, proposed)).rejects.toMatchObject({ data: { conflicts: false } });
    expect(looks).toBeGreaterThan(2);
    expect(codes(world)).toEqual(['MERGE_AWAITED']);
  });
});
