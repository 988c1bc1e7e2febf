import { describe, expect, it } from 'vitest';
import { awaitMerge } from '../../../src/commit/propose/await-merge.ts';
import { noHttpBackend, skipNote } from '../../support/git-host.ts';
import { jumpingClock, testWorld } from '../../support/world.ts';
import { fileAt, land, quickWorld, tipOf, valuesWith } from '../landing.ts';
import { gitlab } from './gitlab.ts';
import { name } from './proposing.ts';

describe.skipIf(noHttpBackend !== undefined)(`a delivery by merge request${skipNote}`, () => {
  it('is made once and kept up to date, with labels and reviewers beside those of others', async () => {
    const { host, project, credential, delivery } = await gitlab();
    await land(delivery('b', { labels: ['deploy'], reviewers: ['ada'] }), quickWorld(), credential);
    Object.assign(project.all[0] ?? {}, { reviewers: [{ id: 8, username: 'bob' }], labels: ['urgent'] });
    const asked = { labels: ['deploy'], reviewers: ['ada'] };
    expect(await land(delivery('c', asked), quickWorld(), credential)).toMatchObject({
      is: 'proposed',
      did: 'updated',
    });
    expect(project.all).toMatchObject([{ state: 'opened', target_branch: 'main', labels: ['urgent', 'deploy'] }]);
    expect(project.all[0]?.reviewers.map(({ username }) => username)).toEqual(['ada', 'bob']);
    expect(await fileAt(host, name, 'main/values.yaml', 'tagboat/production')).toBe(valuesWith('c'));
    await host.commit(name, { files: { 'main/values.yaml': valuesWith('c') } });
    expect(await land(delivery('c', asked), quickWorld(), credential)).toMatchObject({ is: 'unchanged' });
    expect(project.all).toMatchObject([{ state: 'closed' }]);
  });

  it('is made where GitLab lies in a folder of its host, as its job tells', async () => {
    const { project, credential, delivery, at } = await gitlab(undefined, '/gitlab');
    const world = testWorld({ clock: jumpingClock(), env: { GITLAB_CI: 'true', CI_SERVER_URL: `${at}/gitlab` } });
    expect(await land(delivery('b'), world, credential)).toMatchObject({ is: 'proposed' });
    expect(project.all).toMatchObject([{ state: 'opened', target_branch: 'main' }]);
  });

  it.each([
    ['merge', 'merge'],
    ['squash', 'merge'],
    ['rebase', 'ff'],
  ] as const)('is merged by the project where that is asked for (%s)', async (autoMerge, way) => {
    const { host, credential, delivery } = await gitlab(way);
    const outcome = await land(delivery('b', { autoMerge }), quickWorld(), credential);
    expect(outcome).toMatchObject({ is: 'landed', commit: await tipOf(host, name) });
  });

  it('is refused a merge that the project makes otherwise, a group for a reviewer, and a user that there is not', async () => {
    const { credential, delivery } = await gitlab('ff');
    for (const asked of [{ autoMerge: 'merge' as const }, { reviewers: ['acme/team'] }, { reviewers: ['eve'] }]) {
      const landing = land(delivery('b', asked), quickWorld(), credential);
      await expect(landing).rejects.toMatchObject({ code: 'PULL_REQUEST_REFUSED' });
    }
  });

  it.each([[true], [false]])('tells the commit of a merge that was waited for (squashed: %s)', async (squash) => {
    const { project, credential, delivery } = await gitlab();
    const world = quickWorld();
    const proposed = await land(delivery('b'), world, credential);
    if (proposed.is !== 'proposed') return expect.unreachable(proposed.is);
    const [request] = project.all;
    const commit = request && (await project.merge(request, squash));
    const landed = await awaitMerge(world, world.emit, delivery('b'), credential, { proposed, waitMs: 60_000 });
    expect(landed).toMatchObject({ is: 'landed', commit });
  });

  it('is told once to conflict with its base while its merge is waited for', async () => {
    const { host, credential, delivery } = await gitlab();
    const world = quickWorld();
    const proposed = await land(delivery('b'), world, credential);
    if (proposed.is !== 'proposed') return expect.unreachable(proposed.is);
    await host.commit(name, { files: { 'main/values.yaml': valuesWith('z') } });
    const waiting = awaitMerge(world, world.emit, delivery('b'), credential, { proposed, waitMs: 60_000 });
    await expect(waiting).rejects.toMatchObject({ code: 'MERGE_TIMED_OUT', data: { conflicts: true } });
    expect(world.events).toMatchObject([{ code: 'MERGE_AWAITED' }, { code: 'MERGE_CONFLICTS', level: 'warning' }]);
  });
});
