import { describe, expect, it, onTestFinished } from 'vitest';
import { type DeliveryHistory, openHistory } from '../../../src/commit/order/history.ts';
import { planCommit } from '../../../src/config/plan/run.ts';
import type { Edit } from '../../../src/plan.ts';
import { gitHost, noHttpBackend, skipNote } from '../../support/git-host.ts';
import { testWorld } from '../../support/world.ts';

const set: Edit = { file: 'main/values.yaml', path: '.a', value: '2', create: false };

async function history(edits: readonly Edit[]) {
  const host = await gitHost();
  const repo = await host.createRepo('config', { files: { 'main/values.yaml': 'a: 1\n' } });
  const ours = await host.commit('config', { files: { 'main/values.yaml': 'a: 2\n' } });
  const delivery = planCommit({ repo, branch: 'main', edits, actions: false });
  const world = testWorld();
  const opened: DeliveryHistory = openHistory(world, delivery, undefined, world.clock.now() + 60_000);
  onTestFinished(() => opened.close());
  const commit = (files: Readonly<Record<string, string | undefined>>) => host.commit('config', { files });
  return { ours, commit, keeps: (revision: string) => opened.keeps(revision, ours) };
}

describe.skipIf(noHttpBackend !== undefined)(`whether a later commit keeps what ours set${skipNote}`, () => {
  it('is true for a commit elsewhere, in a repository without holds', async () => {
    const { commit, keeps } = await history([set]);
    expect(await keeps(await commit({ 'other/values.yaml': 'a: 9\n' }))).toBe(true);
  });

  it('is false where the value is another, or its file gone', async () => {
    const { commit, keeps } = await history([set]);
    expect(await keeps(await commit({ 'main/values.yaml': 'a: 3\n' }))).toBe(false);
    expect(await keeps(await commit({ 'main/values.yaml': undefined }))).toBe(false);
  });

  it('is not known where nobody says what ours set', async () => {
    const { commit, keeps } = await history([]);
    expect(await keeps(await commit({ 'main/values.yaml': 'a: 3\n' }))).toBe(undefined);
  });
});
